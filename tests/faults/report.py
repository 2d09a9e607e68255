"""What the repetitions of the fault suite say together: a plan before, a table after."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "results" / "faults.jsonl"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN = "<!-- python -m tests.faults report -->"
END = "<!-- end of the report -->"
GUESS_SECONDS = 45.0
"""A repetition of which nothing is known; starting a cluster or a server is part of it."""
SLOW_SECONDS = {"claimers": 300.0, "ray-head-killed": 150.0}
OWN_COLUMNS = ("claimed", "trains")
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def read(file: Path) -> list[Line]:
    """All repetitions so far; a line that was cut short counts as not made."""
    lines = []
    if file.exists():
        for text in file.read_text().splitlines():
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError:
                continue
    return lines


def missing(lines: Iterable[Line], name: str, database: str, repeat: int) -> list[int]:
    """Numbers of the repetitions that are still to be made."""
    done = {line["repetition"] for line in _of(lines, name, database)}
    return [number for number in range(repeat) if number not in done]


def plan(lines: Sequence[Line], chosen: Iterable[tuple[str, str]], repeat: int) -> str:
    """How long each row will take, by earlier repetitions or by a guess, and all of them."""
    told, total = [], 0.0
    for name, database in chosen:
        left = len(missing(lines, name, database, repeat))
        took = [line["took"] for line in _of(lines, name, database)]
        each = statistics.median(took) if took else SLOW_SECONDS.get(name, GUESS_SECONDS)
        total += left * each
        known = "measured" if took else "a guess"
        minutes = f"{left * each / 60:5.1f} min"
        told.append(f"{name:28} {database:9} {left:3} x {each:5.0f} s ({known}) = {minutes}")
    return "\n".join([*told, f"all together about {total / 60:.0f} min"])


def write(lines: Sequence[Line], page: Path = PAGE) -> None:
    """Put the table into the page, between its marks."""
    before, rest = page.read_text().split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{table(lines)}\n{END}{after}")


def table(lines: Sequence[Line]) -> str:
    """One row per fault and database: repetitions that passed, and seconds, median (worst)."""
    found = [
        "| fault | database | passed | claimed | trains | other |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, database in dict.fromkeys((line["row"], line["database"]) for line in lines):
        own = _of(lines, name, database)
        good = [line for line in own if line["passed"]]
        keys = dict.fromkeys(key for line in good for key in line["seconds"])
        other = "; ".join(f"{k} {_spread(good, k)}" for k in keys if k not in OWN_COLUMNS)
        cells = [
            name, DATABASES[database], f"{len(good)} of {len(own)}",
            *(_spread(good, key) for key in OWN_COLUMNS), other,
        ]  # fmt: skip
        found.append(f"| {' | '.join(cells)} |")
    return "\n".join(found)


def _spread(lines: Iterable[Line], key: str) -> str:
    values = [line["seconds"][key] for line in lines if key in line["seconds"]]
    return f"{statistics.median(values):.1f} ({max(values):.1f})" if values else ""


def _of(lines: Iterable[Line], name: str, database: str) -> list[Line]:
    return [line for line in lines if (line["row"], line["database"]) == (name, database)]
