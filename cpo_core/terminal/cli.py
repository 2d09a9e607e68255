"""The command line `cpo-core`: train, evaluate, render, export, plot, list.

Every field of TrainConfig is a flag of `train`; its help is the field's own.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import threading
import types
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cpo_core.rollouts.exporters.formats import exporters
from cpo_core.spec import registry
from cpo_core.spec.config import TrainConfig, from_plain, make_config
from cpo_core.spec.parameters import ConfigError, to_plain

SEEDS = (0, 2**31 - 1)
PIXELS = (16, 4096)
"""Sides of a video: what encoders and drawing backends take everywhere."""


class UsageError(Exception):
    """Something a person can mend; the message says how."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 fine, 2 bad input, 130 interrupted)."""
    given = _parser().parse_args(arguments)
    try:
        return given.run(given) or 0
    except ConfigError as error:
        for problem in error.problems:
            print(f"cpo-core: {_flag(problem.field)}: {problem.message}", file=sys.stderr)
    except (UsageError, OSError) as error:
        print(f"cpo-core: {error}", file=sys.stderr)
    except (RuntimeError, ValueError) as error:
        # Checkpoints, exports, rendering and tasks that misbehave explain themselves.
        if type(error).__module__.partition(".")[0] != "cpo_core":
            raise
        print(f"cpo-core: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("cpo-core: interrupted", file=sys.stderr)
        return 130
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cpo-core", description="Train and examine policies under cost limits."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_render(commands)
    _add_export(commands)
    _add_plot(commands)
    listing = commands.add_parser("list", help="show tasks, their costs and presets, algorithms")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(run=_list)
    return parser


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a policy",
        description="Train a policy. Without --out nothing is kept. Ctrl-C ends after the present "
        "iteration, with a checkpoint to resume from.",
    )
    train.add_argument("--preset", help="named set of values to start from (default: default)")
    train.add_argument("--out", type=Path, help="directory for checkpoints and metrics.jsonl")
    train.add_argument("--resume", type=Path, metavar="CHECKPOINT", help="continue from this file")
    for field in dataclasses.fields(TrainConfig):
        _add_field(train, field)
    train.set_defaults(run=_train)


def _add_field(parser: argparse.ArgumentParser, field: dataclasses.Field[Any]) -> None:
    """One flag; values are checked later, where errors can name field and bounds together."""
    hint = typing.get_type_hints(TrainConfig)[field.name]
    origin = typing.get_origin(hint)
    flag = f"--{field.name.replace('_', '-')}"
    unit = field.metadata.get("unit")
    text = field.metadata.get("help", "") + (f" [{unit}]" if unit else "")
    text = text.replace("%", "%%")
    common: dict[str, Any] = {"dest": f"field_{field.name}", "default": None, "help": text}
    if hint is bool:
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, **common)
    elif origin is not None and origin not in (typing.Union, types.UnionType, tuple):
        single = flag.removesuffix("s")
        parser.add_argument(single, action="append", metavar="NAME=VALUE", **common)
    else:
        nargs = {"nargs": "+"} if origin is tuple else {}
        parser.add_argument(flag, metavar="VALUE", **nargs, **common)


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="measure a trained policy on new episodes")
    _add_checkpoint(evaluate)
    evaluate.add_argument("--episodes", type=int, default=100, help="at least so many (100)")
    evaluate.add_argument("--seed", type=int, default=0, help="of the episodes (0)")
    evaluate.add_argument(
        "--deterministic", action="store_true", help="take mean actions instead of sampling"
    )
    evaluate.add_argument("--task", help="another task of the same shape (default: its own)")
    evaluate.add_argument("--threads", type=int, default=0, help="of physics (0: all processors)")
    evaluate.add_argument("--json", action="store_true", help="print the result as JSON")
    evaluate.set_defaults(run=_evaluate)


def _add_render(commands: Any) -> None:
    render = commands.add_parser("render", help="render an episode as MP4 with a JSON record")
    _add_checkpoint(render)
    render.add_argument("--out", type=Path, required=True, help="the MP4 to write")
    render.add_argument("--seed", type=int, default=0, help="of the episode (0)")
    render.add_argument("--width", type=int, default=480, help="pixels (480)")
    render.add_argument("--height", type=int, default=360, help="pixels (360)")
    render.add_argument(
        "--record-only", action="store_true", help="write only the JSON record; needs no OpenGL"
    )
    render.set_defaults(run=_render)


def _add_export(commands: Any) -> None:
    export = commands.add_parser("export", help="export a policy for other programs")
    _add_checkpoint(export)
    export.add_argument("--format", choices=list(exporters()), default="onnx", help="(onnx)")
    export.add_argument("--out", type=Path, required=True, help="the file to write")
    export.set_defaults(run=_export)


def _add_plot(commands: Any) -> None:
    plot = commands.add_parser("plot", help="draw a run's figures as one HTML page")
    plot.add_argument("directory", type=Path, help="the --out directory of a run")
    plot.add_argument("--out", type=Path, help="the page (default: DIRECTORY/figures.html)")
    plot.set_defaults(run=_plot)


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="a .ckpt file of a training run"
    )


def _train(given: argparse.Namespace) -> int:
    _check_directory(given.out, given.resume)
    config = _config(given)
    from rich.console import Console

    from cpo_core.terminal.metrics_file import MetricsFile
    from cpo_core.terminal.progress import ProgressBar
    from cpo_core.training.loop import train

    console = Console()
    files = MetricsFile(given.out) if given.out else None
    with ProgressBar(console) as bar, _interrupts(console) as interrupted:

        def listen(event: Any) -> None:
            bar(event)
            if files:
                files(event)

        result = train(config, listen, interrupted, directory=given.out, resume=given.resume)
    if result.completed:
        if result.checkpoint:
            console.print(f"Last checkpoint: {result.checkpoint}")
        return 0
    console.print(f"Stopped after iteration {result.iteration}.")
    if result.checkpoint:
        console.print(
            f"Continue with: cpo-core train --resume {result.checkpoint} --out {given.out}"
        )
    else:
        console.print("Nothing was kept, for want of --out.")
    return 130


def _check_directory(out: Path | None, resume: Path | None) -> None:
    """A directory holds one run: rows and checkpoints of two would not be told apart."""
    if out is None:
        return
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out: {out} is a file; name a directory")
    from cpo_core.terminal.metrics_file import holds_run

    if resume is None and holds_run(out):
        raise UsageError(
            f"--out: {out} holds a run already; name another directory, or continue that run "
            "with --resume CHECKPOINT"
        )


class _interrupts:  # noqa: N801 - used like a function
    """While active, Ctrl-C and SIGTERM ask for an end after the iteration; a second one insists."""

    def __init__(self, console: Any) -> None:
        self._console = console

    def __enter__(self) -> Callable[[], bool]:
        self._asked = threading.Event()
        signals = (signal.SIGINT, signal.SIGTERM)
        self._before = {number: signal.signal(number, self._ask) for number in signals}
        return self._asked.is_set

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        self._console.print("Ending after this iteration; Ctrl-C again ends at once.")


def _config(given: argparse.Namespace) -> TrainConfig:
    """The config of the flags: on top of a preset, or of the checkpoint that is resumed."""
    values = {
        name.removeprefix("field_"): value
        for name, value in vars(given).items()
        if name.startswith("field_") and value is not None
    }
    values = {name: _plain_value(name, value) for name, value in values.items()}
    if given.resume:
        if given.preset:
            raise UsageError("--preset: a resumed run keeps its own values; leave it out")
        from cpo_core.training import checkpoint

        before = to_plain(checkpoint.load(given.resume).config)
        if "options" in values:
            algorithm = values.get("algorithm", before["algorithm"])
            values["options"] = _options(algorithm, values["options"])
        for name in ("limits", "options"):
            values[name] = before[name] | values.get(name, {})
        return from_plain(before | values)
    if "task" not in values:
        raise UsageError(f"--task: is required; choose {', '.join(registry.tasks())}")
    task, algorithm = values.pop("task"), values.pop("algorithm", "cpo")
    if "options" in values:
        values["options"] = _options(algorithm, values["options"])
    return make_config(task, algorithm, preset=given.preset or "default", **values)


def _plain_value(name: str, value: Any) -> Any:
    """Text from the command line as the JSON value that the config's parser expects."""
    hint = typing.get_type_hints(TrainConfig)[name]
    if hint is str or isinstance(value, bool):
        return value
    if isinstance(value, list):
        if typing.get_origin(hint) is tuple:
            return [_number(item) for item in value]
        return dict(_pair(name, item) for item in value)
    return _number(value)


def _options(algorithm: str, given: dict[str, Any]) -> dict[str, Any]:
    """A single value where the algorithm takes several is a list of one."""
    hints = typing.get_type_hints(registry.find_algorithm(algorithm).Options)
    several = {name for name, hint in hints.items() if typing.get_origin(hint) is tuple}
    return {
        name: [value] if name in several and not isinstance(value, list) else value
        for name, value in given.items()
    }


def _pair(name: str, text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--{name.removesuffix('s')}: write NAME=VALUE, not {text!r}")
    if "," in value:
        return key, [_number(item) for item in value.split(",")]
    return key, _number(value)


def _number(text: str) -> Any:
    """A number, true or false where the text is one (also nan, which bounds then refuse)."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)


def _flag(field: str) -> str:
    """How the command line spells a config field: `limits.outside` is `--limit outside`."""
    name, _, rest = field.partition(".")
    if rest:
        return f"--{name.removesuffix('s')} {rest}"
    return f"--{name.replace('_', '-')}"


def _check_numbers(given: argparse.Namespace, **ranges: tuple[int, int]) -> None:
    for name, (least, most) in ranges.items():
        value = getattr(given, name)
        if not least <= value <= most:
            raise UsageError(f"--{name}: must be from {least} to {most}, not {value}")


def _check_file(out: Path | None) -> None:
    if out is not None and out.is_dir():
        raise UsageError(f"--out: {out} is a directory; name a file")


def _evaluate(given: argparse.Namespace) -> None:
    _check_numbers(given, episodes=(1, 1_000_000), seed=SEEDS, threads=(0, 1024))
    from cpo_core.rollouts.evaluation import evaluate

    found = evaluate(
        given.checkpoint, given.episodes, seed=given.seed, deterministic=given.deterministic,
        threads=given.threads, task=given.task,
    )  # fmt: skip
    if given.json:
        print(json.dumps(found.to_json()))
        return
    print(f"episodes  {found.episodes}, mean length {found.episode_length:.1f}")
    print(f"return    {found.return_mean:.3f} ± {found.return_se:.3f}")
    for name, (mean, se, limit) in found.costs.items():
        verdict = "within" if mean <= limit else "OVER"
        print(f"{name:9s} {mean:.3f} ± {se:.3f}, {verdict} the limit {limit:g}")


def _render(given: argparse.Namespace) -> None:
    _check_numbers(given, seed=SEEDS, width=PIXELS, height=PIXELS)
    _check_file(given.out)
    from cpo_core.rollouts import video

    out = given.out.with_suffix(".json") if given.record_only else given.out
    if given.record_only:
        found = video.record(given.checkpoint, out, seed=given.seed)
    else:
        size = {"width": given.width, "height": given.height}
        found = video.render(given.checkpoint, out, seed=given.seed, **size)
    costs = ", ".join(f"{name} {total:g}" for name, total in found.costs.items())
    print(f"{out}: {found.frames} frames, return {found.total:.2f}, {costs}")


def _export(given: argparse.Namespace) -> None:
    _check_file(given.out)
    from cpo_core.rollouts.export import export

    print(export(given.checkpoint, given.format, given.out))


def _plot(given: argparse.Namespace) -> None:
    _check_file(given.out)
    from cpo_core.terminal.metrics_file import read
    from cpo_core.terminal.plot import write_page

    config, columns = read(given.directory)
    print(write_page(given.out or given.directory / "figures.html", config, columns))


def _list(given: argparse.Namespace) -> None:
    tasks, algorithms = registry.tasks(), registry.algorithms()
    if given.json:
        plain = {
            "tasks": {
                name: {
                    "title": task.title,
                    "summary": task.summary,
                    "costs": [to_plain(cost) for cost in task.costs],
                    "presets": list(task.presets),
                }
                for name, task in tasks.items()
            },
            "algorithms": {name: found.summary for name, found in algorithms.items()},
        }
        print(json.dumps(plain, indent=2))
        return
    print("Tasks")
    for name, task in tasks.items():
        costs = ", ".join(f"{cost.name} <= {cost.limit:g}" for cost in task.costs)
        print(f"  {name:20s} {task.summary}")
        print(f"  {'':20s} costs: {costs}; presets: {', '.join(task.presets)}")
    print("Algorithms")
    for name, found in algorithms.items():
        print(f"  {name:20s} {found.summary}")
