"""The tables of speed in docs/results.md, made from a file of kept figures and from nothing else.

The newest line of each figure counts. Figures stand in the order of the file, under the command
that made them; `met` compares the value with the target.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "results.md"
MARKS = ("<!-- speed:begin -->", "<!-- speed:end -->")
HEAD = ("figure", "target", "measured", "met", "more")
PLAIN = ("figure", "value", "unit", "target", "command", "date", "machine", "load")
COMPARISONS = {">=": operator.ge, "<=": operator.le}
Line = Mapping[str, Any]


def write_report(source: Path, page: Path = PAGE) -> None:
    """Replace the part of `page` between its marks."""
    text = page.read_text()
    begin, end = (text.index(mark) for mark in MARKS)
    made = tables(newest(json.loads(line) for line in source.read_text().splitlines()))
    page.write_text(text[: begin + len(MARKS[0])] + "\n" + made + text[end:])


def newest(lines: Iterable[Line]) -> list[Line]:
    """The last line of each figure, in the order in which the figures first came."""
    found: dict[str, Line] = {}
    for line in lines:
        if "figure" in line:
            found[line["figure"]] = _plain(line)
    return list(found.values())


def _plain(line: Line) -> Line:
    """Short ways to say a line, written out: `median` for value, a number as a target "<=" it."""
    value, target = line.get("value", line.get("median")), line.get("target") or ""
    written = f"<= {target:g}" if isinstance(target, int | float) else target
    rest = {name: v for name, v in line.items() if name != "median"}
    return rest | {"value": value, "target": written}


def tables(lines: Iterable[Line]) -> str:
    """One table per command, then the machines."""
    lines = list(lines)
    parts = []
    for command in dict.fromkeys(line["command"] for line in lines):
        mine = [line for line in lines if line["command"] == command]
        dates = sorted({line["date"] for line in mine})
        load = max(line["load"] for line in mine)
        parts += [_row(HEAD), _row(["---"] * len(HEAD)), *(_row(cells(line)) for line in mine), ""]
        parts += [f"`{command}`, {' and '.join(dates)}, load at most {load:g}", ""]
    machines = dict.fromkeys(line["machine"] for line in lines)
    return "\n".join([*parts, *(f"Machine: {machine}." for machine in machines), ""])


def cells(line: Line) -> list[str]:
    """One figure as cells of the table."""
    unit, target = line.get("unit", ""), line.get("target", "")
    details = [f"{name} {_number(value)}" for name, value in line.items() if name not in PLAIN]
    verdict = {True: "yes", False: "**no**", None: ""}[met(line["value"], target)]
    wanted = f"{target} {unit}".strip() if target else ""
    measured = f"{_number(line['value'])} {unit}".strip()
    return [line["figure"], wanted, measured, verdict, ", ".join(details)]


def met(value: float, target: str) -> bool | None:
    """Whether the value keeps its target; None without one."""
    if not target:
        return None
    sign, bound = target.split()
    return bool(COMPARISONS[sign](value, float(bound)))


def _number(value: Any) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def _row(values: Iterable[str]) -> str:
    return "| " + " | ".join(values) + " |"
