"""The web process: start to its first page, and its memory when idle (see benchmarks.startup)."""

from __future__ import annotations

from benchmarks.dashboard.measure import REPEAT, say
from benchmarks.startup import start_once


def main() -> None:
    """Each start with an empty data directory."""
    seconds, memory = zip(*(start_once() for _ in range(REPEAT)), strict=True)
    say("startup", "web process: start to first page", seconds, "s", 2)
    say("startup", "web process: idle memory", memory, "MiB", 150)


if __name__ == "__main__":
    main()
