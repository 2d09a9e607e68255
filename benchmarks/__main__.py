"""Every benchmark that ends by itself, and the table made from what they print.

    python -m benchmarks [NAME ...] [--out FILE]
    python -m benchmarks report FILE

Lines (benchmarks/figures.py) are printed and, with --out, appended to FILE with the command that
made them, the date and the machine. Each benchmark has a process of its own, so that none inherits
another's memory or threads; one that fails is named at the end and keeps no other waiting. A NAME
may have arguments: `python -m benchmarks "sampler ant-circle --repeats 9"`.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import stamp

NAMES = (
    "startup", "update", "sampler", "training", "memory", "gather --full", "overhead",
    "integrators",
)  # fmt: skip
"""Modules of this package. Not here: profile_iteration and paper, whose results are no figures of
speed, compare_omnisafe, which needs an installation of its own, and dashboard, which has its own
table."""


def main() -> None:
    """Command line; see the module."""
    if sys.argv[1:2] == ["report"]:
        from benchmarks.report import write_report

        write_report(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description="Run the benchmarks, one JSON line per figure.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    given = parser.parse_args()
    names = given.names or NAMES
    failed = [name for name in names if not _run(name, given.out)]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _run(name: str, out: Path | None) -> bool:
    """Whether the benchmark ended well; its lines are kept as they come."""
    module = ["-m", *shlex.split(f"benchmarks.{name}")]
    child = subprocess.Popen([sys.executable, *module], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        print(line, end="", flush=True)
        if out is not None and line.startswith("{"):
            kept = json.loads(line) | {"command": shlex.join(["python", *module])} | stamp()
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("a") as file:
                file.write(json.dumps(kept) + "\n")
    return child.wait() == 0


if __name__ == "__main__":
    main()
