"""Fault injection into real processes: `python -m tests.faults --repeat 10` (docs/reliability.md).

One JSON line per repetition on standard output, and a table of medians and worst cases at the end.
`FAULTS_KEEP=1` keeps the folders of the services under /tmp.
"""

# ruff: noqa: T201 - a command line speaks by printing
from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import traceback
from collections.abc import Mapping

from tests.faults.prepare import ONLY_POSTGRES, ONLY_SQLITE, ROWS, prepared
from tests.faults.stage import Stage


def main() -> int:
    """Run the chosen rows; 1 when one failed."""
    options = _options()
    failed = False
    table: dict[str, list[Mapping[str, float]]] = {}
    for database in options.database:
        for name in options.row or ROWS:
            if name in (ONLY_SQLITE if database == "postgres" else ONLY_POSTGRES):
                continue
            with prepared(name, database) as found:
                for repetition in range(options.repeat):
                    line = once(found, name) | {"database": database, "repetition": repetition}
                    print(json.dumps(line), flush=True)
                    failed |= not line["passed"]
                    if line["passed"]:
                        table.setdefault(f"{name} ({database})", []).append(line["seconds"])
    for name, times in table.items():
        print(summary(name, times), file=sys.stderr)
    return int(failed)


def once(found: Stage, name: str) -> dict:
    """One repetition."""
    start = time.monotonic()
    line = {"row": name, "passed": True, "seconds": {}, "problem": ""}
    try:
        line["seconds"] = dict(ROWS[name](found))
    except Exception as error:
        traceback.print_exc()
        line |= {"passed": False, "problem": f"{type(error).__name__}: {error}"}
    return line | {"took": round(time.monotonic() - start, 1)}


def summary(name: str, times: list[Mapping[str, float]]) -> str:
    """Median and worst of one row."""
    parts = [
        f"{key} {statistics.median(t[key] for t in times):.1f} s, worst "
        f"{max(t[key] for t in times):.1f} s"
        for key in times[0]
    ]
    return f"{name:42} x{len(times):<3} {'; '.join(parts)}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", action="append", choices=ROWS, help="only this row (repeatable)")
    parser.add_argument("--repeat", type=int, default=1, help="repetitions of each row")
    parser.add_argument(
        "--database", action="append", choices=("sqlite", "postgres"), help="default: both"
    )
    options = parser.parse_args()
    options.database = options.database or ["sqlite", "postgres"]
    return options


if __name__ == "__main__":
    sys.exit(main())
