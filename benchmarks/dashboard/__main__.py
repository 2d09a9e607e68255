"""Speed of the dashboard against its targets, one JSON line per figure.

    python -m benchmarks.dashboard [PART…]       all, or: startup pages live watching
    python -m benchmarks.dashboard report FILE   puts kept lines as a table into docs/results.md

`python -m benchmarks.dashboard | tee FILE` keeps the lines. Needs the built page and a Chromium;
about ten minutes. Nothing else should run on the machine: `load` stands in each line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PARTS = ("startup", "pages", "live", "watching")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "results.md"
MARKS = ("<!-- dashboard:begin -->", "<!-- dashboard:end -->")


def main() -> None:
    """Each part in a process of its own, so that none inherits another's memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="PART")
    words = parser.parse_args().words
    if words[:1] == ["report"]:
        report(Path(words[1]))
        return
    for part in words or PARTS:
        if part not in PARTS:
            parser.error(f"{part}: choose among {', '.join(PARTS)}")
        subprocess.run([sys.executable, "-m", f"benchmarks.dashboard.{part}"], check=True)


def report(file: Path) -> None:
    """Replace the table between the marks of docs/results.md."""
    lines = [line for line in file.read_text().splitlines() if line.startswith("{")]
    rows = [json.loads(line) for line in lines]
    text = PAGE.read_text()
    begin, end = (text.index(mark) for mark in MARKS)
    PAGE.write_text(text[: begin + len(MARKS[0])] + "\n" + table(rows) + "\n" + text[end:])


def table(rows: list[dict[str, Any]]) -> str:
    """The lines as Markdown, with the command that gave each."""
    head = ["figure", "median", "worst", "n", "target", "load", "command"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        unit = row["unit"]
        target = "–" if row["target"] is None else f"≤ {row['target']:g} {unit}"
        cells = [
            row["figure"], f"{row['median']:g} {unit}", f"{row['worst']:g} {unit}", str(row["n"]),
            target, f"{row['load']:.1f}", f"`python -m benchmarks.dashboard {row['part']}`",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
