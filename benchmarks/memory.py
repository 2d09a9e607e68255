"""Largest resident memory of a process that trains Ant-Circle with batches of 100,000.

    python -m benchmarks.memory [--iterations I] [--batch-size S] [--threads T]

The process measures itself, so it does nothing else; checkpoints are written as in a real run.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import say
from cpo_core.spec.config import make_config
from cpo_core.training.loop import train


def main() -> None:
    """Train a little, then ask the operating system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    config = make_config(
        "ant-circle", iterations=given.iterations, batch_size=given.batch_size,
        threads=given.threads,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        train(config, directory=Path(folder))
    say(
        f"memory of a training process, ant-circle, batch {given.batch_size:,}", peak_mib(),
        "MiB", target="<= 1024", iterations=given.iterations,
    )  # fmt: skip


def peak_mib() -> float:
    """Largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
