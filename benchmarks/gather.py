"""Minutes that a run of Point-Gather of the paper's size takes: 100 iterations of 50,000 steps.

    python -m benchmarks.gather [--repeats R] [--full] [--threads T]

Extrapolated from R iterations that alternate with the raw physics of benchmarks/sampler.py; with
--full also a whole run, with reports and checkpoints, from `train` to its last checkpoint.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.figures import clocked, median, say
from benchmarks.sampler import raw_physics
from cpo_core.networks.shards import available_threads
from cpo_core.sim.sampler import even_share
from cpo_core.spec.config import TrainConfig, make_config
from cpo_core.training.loop import Training, train

ITERATIONS, BATCH = 100, 50_000
TARGET = "<= 3"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    config = make_config(
        "point-gather", iterations=ITERATIONS, batch_size=BATCH, threads=given.threads
    )
    extrapolated(config, given.repeats)
    if given.full:
        whole(config)


def extrapolated(config: TrainConfig, repeats: int) -> None:
    """From the median iteration."""
    ours, physics = [], []
    with Training(config) as training:
        training.iterate()
        task = training.task
        worlds = even_share(BATCH, config.environments or task.environments, task.horizon)
        raw = raw_physics(
            task, worlds, -(-BATCH // worlds), 1.0, config.threads or available_threads()
        )
        raw()
        for _ in range(repeats):
            ours.append(clocked(training.iterate))
            physics.append(clocked(raw))
    one, of_physics = median(ours), median(physics)
    say(
        "paper-size Point-Gather, extrapolated", ITERATIONS * one.wall / 60, "min",
        target=TARGET, cpu_min=ITERATIONS * one.cpu / 60, s_per_iteration=one.wall,
        raw_physics_s=of_physics.wall, repeats=repeats,
    )  # fmt: skip


def whole(config: TrainConfig) -> None:
    """From beginning to end."""
    with tempfile.TemporaryDirectory() as folder:
        spent = clocked(lambda: train(config, lambda event: None, directory=Path(folder)))
    say(
        "paper-size Point-Gather, a whole run", spent.wall / 60, "min", target=TARGET,
        cpu_min=spent.cpu / 60,
    )  # fmt: skip


if __name__ == "__main__":
    main()
