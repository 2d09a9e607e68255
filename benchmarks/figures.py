"""How benchmarks measure and what they print.

A benchmark prints one JSON line per figure. Keys of a line:

    figure   what was measured, in words; a newer line of the same figure replaces an older one
    value    the number (or `median`)
    unit     of the number and of the target: s, ms, MiB, MB, µs, share, ratio, times, steps/s
    target   optional: ">= 0.85", "<= 3" (or just 3)
    ...      anything else that helps to judge the number: wall_s and cpu_s, repeats, steps

`python -m benchmarks` adds `command`, `date` and `machine` when it keeps the lines in a file, and
`python -m benchmarks report FILE` makes the table of docs/results.md from that file. A benchmark of
any kind appears there by printing such lines and being listed in `benchmarks/__main__.py`.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

DIGITS = 4


class Seconds(NamedTuple):
    """Wall seconds, and processor seconds of all threads of this process."""

    wall: float
    cpu: float


def say(figure: str, value: float, unit: str, *, target: str = "", **details: Any) -> None:
    """Print one figure; see the module."""
    line = {"figure": figure, "value": value, "unit": unit}
    line |= {"target": target} if target else {}
    print(json.dumps({k: _short(v) for k, v in (line | details).items()}), flush=True)


def clocked(run: Callable[[], object]) -> Seconds:
    """What one call costs."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def in_turn(runs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[Seconds]]:
    """Each run `repeats` times, one after another in every round, so that all see the same machine.

    The order changes from round to round: nothing always comes after the same thing.
    """
    taken: dict[str, list[Seconds]] = {name: [] for name in runs}
    order = list(runs)
    for _ in range(repeats):
        for name in order:
            taken[name].append(clocked(runs[name]))
        order.reverse()
    return taken


def median(rows: Iterable[Seconds]) -> Seconds:
    """Of wall and of processor seconds, each by itself."""
    wall, cpu = zip(*rows, strict=True)
    return Seconds(statistics.median(wall), statistics.median(cpu))


def ratio(over: Sequence[Seconds], under: Sequence[Seconds]) -> Seconds:
    """Medians of the ratios of neighbours: what disturbs the machine disturbs both."""
    pairs = list(zip(over, under, strict=True))
    return median(Seconds(a.wall / b.wall, a.cpu / b.cpu) for a, b in pairs)


def _short(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
