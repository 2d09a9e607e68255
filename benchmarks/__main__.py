"""`make bench`: every benchmark that ends by itself, one JSON line per figure."""

from __future__ import annotations

import subprocess
import sys

MODULES = ("startup", "update", "sampler")


def main() -> None:
    """Each in a process of its own, so that none inherits another's memory or threads."""
    for module in MODULES:
        subprocess.run([sys.executable, "-m", f"benchmarks.{module}"], check=True)


if __name__ == "__main__":
    main()
