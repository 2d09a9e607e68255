"""Fault injection into real processes: `python -m tests.faults --repeat 10` (docs/reliability.md).

One JSON line per repetition is added to a file as it ends; a repetition that the file already has
is not made again, so a long run may be cut short and goes on later. `python -m tests.faults report`
writes the table of docs/reliability.md from that file. `FAULTS_KEEP=1` keeps the folders of the
services under /tmp.
"""

# ruff: noqa: T201 - a command line speaks by printing
from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests import reaper
from tests.faults import report
from tests.faults.prepare import DATABASES, ROWS, possible, prepared
from tests.faults.report import Line
from tests.faults.stage import Stage


def main() -> int:
    """Run what is missing of the chosen rows; 1 when one failed."""
    options = _options()
    if options.command == "report":
        report.write(report.read(options.file))
        return 0
    reaper.guard()
    lines = report.read(options.file)
    chosen = [
        (name, database) for database in options.database for name in options.row
        if possible(name, database)
    ]  # fmt: skip
    print(report.plan(lines, chosen, options.repeat), file=sys.stderr, flush=True)
    options.file.parent.mkdir(parents=True, exist_ok=True)
    for name, database in chosen:
        repeat(options.file, name, database, report.missing(lines, name, database, options.repeat))
    return int(any(not line["passed"] for line in report.read(options.file)))


def repeat(file: Path, name: str, database: str, missing: list[int]) -> None:
    """Make these repetitions of a row, in one service as long as all goes well."""
    while missing:
        with prepared(name, database) as found:
            while missing:
                key = {"row": name, "database": database, "repetition": missing.pop(0)}
                line = key | once(found, name)
                print(json.dumps(line), flush=True)
                with file.open("a") as stream:
                    stream.write(json.dumps(line) + "\n")
                if not line["passed"]:
                    break


def once(found: Stage, name: str) -> Line:
    """One repetition."""
    start = time.monotonic()
    line: dict[str, Any] = {"passed": True, "seconds": {}, "problem": ""}
    try:
        line["seconds"] = dict(ROWS[name](found))
    except Exception as error:
        traceback.print_exc()
        line |= {"passed": False, "problem": f"{type(error).__name__}: {error}"}
    lease = found.settings.lease_seconds
    return line | {"lease": lease, "took": round(time.monotonic() - start, 1)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("run", "report"), default="run")
    parser.add_argument("--row", action="append", choices=ROWS, help="only this row (repeatable)")
    parser.add_argument("--repeat", type=int, default=1, help="repetitions of each row")
    parser.add_argument("--database", action="append", choices=DATABASES, help="default: both")
    parser.add_argument("--file", type=Path, default=report.FILE, help=f"({report.FILE})")
    options = parser.parse_args()
    options.database = options.database or list(DATABASES)
    options.row = options.row or list(ROWS)
    return options


if __name__ == "__main__":
    sys.exit(main())
