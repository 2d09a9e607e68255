"""docs/results.md and the learning curves, made from the kept rows and from nothing else."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.paper_studies import Study

MARKS = ("<!-- paper:begin -->", "<!-- paper:end -->")
Columns = dict[str, np.ndarray]


def write_report(results: Path, studies: Iterable[Study]) -> None:
    """Replace the part of docs/results.md between its marks and redraw docs/results/*.svg."""
    parts = [_study_part(results, study) for study in studies if (results / study.name).exists()]
    page = results.parent / "results.md"
    text = page.read_text()
    begin, end = (text.index(mark) for mark in MARKS)
    page.write_text(text[: begin + len(MARKS[0])] + "\n" + "\n".join(parts) + "\n" + text[end:])


def _study_part(results: Path, study: Study) -> str:
    arms = _load(results / study.name)
    costs = sorted(
        c.removeprefix("limit_") for c in next(iter(arms.values()))[0] if c.startswith("limit_")
    )
    _draw(results / f"{study.name}.svg", arms, costs)
    head = ["arm", "seeds", "iterations", "return"]
    for cost in costs:
        head += [f"cost `{cost}` (limit)", "iterations over", "regret", "predicted → measured"]
    head += ["wall minutes a seed (shared machine)"]
    lines = [f"### {study.name}", "", f"![{study.name}]({results.name}/{study.name}.svg)", ""]
    lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    order = [arm.name for arm in study.arms]
    for name in sorted(arms, key=lambda n: order.index(n) if n in order else len(order)):
        lines.append("| " + " | ".join(_cells(name, arms[name], costs)) + " |")
    lines += ["", *_commands(results / study.name, study), ""]
    if (results / f"{study.name}.mp4").exists():
        lines += [f"A trained policy: [{study.name}.mp4]({results.name}/{study.name}.mp4) "
                  "(`cpo-core render --checkpoint …`).", ""]  # fmt: skip
    return "\n".join(lines)


def _commands(folder: Path, study: Study) -> list[str]:
    """What was run: the seeds of an arm that share a length, and arms that share both, a line."""
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for arm in study.arms:
        by_length: dict[int, list[str]] = defaultdict(list)
        for path in sorted(folder.glob(f"{arm.name}-seed*.csv")):
            length = len(path.read_text().splitlines()) - 1
            by_length[length].append(path.stem.rpartition("seed")[2])
        for length, seeds in by_length.items():
            found[" ".join(seeds), length].append(arm.name)
    return [
        f"`python -m benchmarks.paper run {study.name} --arms {' '.join(arms)} --seeds {seeds} "
        f"--iterations {iterations}`  "
        for (seeds, iterations), arms in found.items()
    ]


def _load(folder: Path) -> dict[str, list[Columns]]:
    arms: dict[str, list[Columns]] = defaultdict(list)
    for path in sorted(folder.glob("*.csv")):
        match = re.fullmatch(r"(.+)-seed(\d+)", path.stem)
        if match:
            arms[match[1]].append(_columns(path))
    return arms


def _columns(path: Path) -> Columns:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([_number(row[name]) for row in rows])
        for name in rows[0]
        if name not in ("case", "accepted")
    }


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _last_tenth(values: np.ndarray) -> float:
    return float(np.mean(values[-max(1, len(values) // 10) :]))


def mean_and_error(values: Sequence[float]) -> str:
    """Mean over seeds with its standard error, as text; only the mean for a single seed."""
    mean = np.mean(values)
    if len(values) < 2:
        return f"{mean:.4g}"
    return f"{mean:.4g} ± {np.std(values, ddof=1) / math.sqrt(len(values)):.2g}"


def _cells(name: str, seeds: list[Columns], costs: Sequence[str]) -> list[str]:
    lengths = sorted({len(s["iteration"]) for s in seeds})
    cells = [name, str(len(seeds)), "–".join(str(n) for n in {lengths[0]: 0, lengths[-1]: 0})]
    cells.append(mean_and_error([_last_tenth(s["return"]) for s in seeds]))
    for cost in costs:
        limit = float(seeds[0][f"limit_{cost}"][-1])
        over = [float(np.mean(s[f"cost_{cost}"] > limit)) for s in seeds]
        regret = [float(np.sum(np.maximum(s[f"cost_{cost}"] - limit, 0))) for s in seeds]
        final = mean_and_error([_last_tenth(s[f"cost_{cost}"]) for s in seeds])
        cells += [f"{final} ({limit:g})", f"{np.mean(over):.0%}", mean_and_error(regret)]
        cells.append(_honesty(seeds, cost))
    cells.append(f"{np.mean([np.sum(s['seconds_total']) for s in seeds]) / 60:.1f}")
    return cells


def _honesty(seeds: list[Columns], cost: str) -> str:
    """Change of a cost per update over the second half: predicted in-sample, across folds where
    there are any, and what the next batch measured with its standard error over updates."""
    pairs = [_second_half(s, cost) for s in seeds]
    promised, crossfit, measured = (np.concatenate(part) for part in zip(*pairs, strict=True))
    error = np.std(measured, ddof=1) / math.sqrt(len(measured))
    folds = "" if np.isnan(crossfit).all() else f", {np.nanmean(crossfit):.2g} across folds"
    return f"{promised.mean():.2g}{folds} → {measured.mean():.2g} ± {error:.1g}"


def _second_half(rows: Columns, cost: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    half = len(rows["iteration"]) // 2
    made, shown = slice(half, -1), slice(half + 1, None)
    return (
        rows[f"promised_{cost}"][made],
        rows[f"crossfit_{cost}"][made],
        rows[f"measured_{cost}"][shown],
    )


def _draw(path: Path, arms: dict[str, list[Columns]], costs: Sequence[str]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "costline"
    names = ["return"] + [f"cost_{cost}" for cost in costs]
    figure, axes = plt.subplots(
        1, len(names), figsize=(5 * len(names), 3.4), constrained_layout=True
    )
    for axis, name in zip(axes, names, strict=True):
        for arm, seeds in arms.items():
            longest = max(seeds, key=lambda s: len(s[name]))
            stack = np.full((len(seeds), len(longest[name])), math.nan)
            for row, rows in zip(stack, seeds, strict=True):
                row[: len(rows[name])] = rows[name]
            steps = longest["env_steps"] / 1e6
            low, high = np.nanmin(stack, 0), np.nanmax(stack, 0)
            (line,) = axis.plot(steps, np.nanmean(stack, 0), label=arm, linewidth=1.2)
            axis.fill_between(steps, low, high, color=line.get_color(), alpha=0.15)
        if name != "return":
            limit = next(iter(arms.values()))[0][f"limit_{name.removeprefix('cost_')}"][-1]
            axis.axhline(limit, color="black", linestyle="--", linewidth=1)
            axis.annotate(f"limit {limit:g}", (0, limit), fontsize=8, va="bottom")
            axis.set_ylim(0, max(4 * limit, limit + 0.1))
        axis.set_title(name)
        axis.set_xlabel("million environment steps")
    axes[0].legend(fontsize=7)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
