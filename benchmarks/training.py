"""Whole training over the raw physics of the same body, in one interleaved run.

    python -m benchmarks.training [--repeats R] [--threads T] [--batch-size S]

Ant Velocity: Gymnasium's ant.xml as it is (RK4, frame skip 5), 64x64 networks, batches of 20,000.
An iteration is everything that `Training.iterate` does: sampling, update, values, report. The raw
physics is that of benchmarks/sampler.py, with 64 worlds however few the batch has room for, and as
many steps.
"""

from __future__ import annotations

import argparse

from benchmarks.figures import Seconds, clocked, median, ratio, say
from benchmarks.sampler import raw_physics
from cpo_core.networks.shards import available_threads
from cpo_core.spec.config import make_config
from cpo_core.training.loop import Training

TASK, BATCH, HIDDEN = "ant-velocity", 20_000, (64, 64)
WORLDS = 64
TARGET = ">= 0.75"


def main() -> None:
    """Both speeds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=BATCH)
    given = parser.parse_args()
    trained, physics = measure(given.repeats, given.threads, given.batch_size)
    middle, slow, raw = ratio(physics, trained), median(trained), median(physics)
    say(
        "whole training over raw physics, ant (RK4, frame skip 5)", middle.wall, "ratio",
        target=TARGET, cpu_ratio=middle.cpu, steps_per_second=1 / slow.wall,
        raw_steps_per_second=1 / raw.wall, cpu_us_per_step=1e6 * slow.cpu,
        raw_cpu_us_per_step=1e6 * raw.cpu, batch=given.batch_size, repeats=given.repeats,
    )  # fmt: skip


def measure(repeats: int, threads: int, size: int) -> tuple[list[Seconds], list[Seconds]]:
    """Seconds per step of training and of physics, in turn."""
    threads = threads or available_threads()
    config = make_config(TASK, hidden=HIDDEN, batch_size=size, threads=threads)
    trained, physics = [], []
    with Training(config) as training:
        training.iterate()  # loads and allocates what later iterations have
        ticks = -(-size // WORLDS)
        raw = raw_physics(training.task, WORLDS, ticks, config.init_std, threads)
        raw()
        for _ in range(repeats):
            before = training.state.env_steps
            spent = clocked(training.iterate)
            steps = training.state.env_steps - before
            trained.append(Seconds(spent.wall / steps, spent.cpu / steps))
            spent = clocked(raw)
            steps = WORLDS * ticks
            physics.append(Seconds(spent.wall / steps, spent.cpu / steps))
    return trained, physics


if __name__ == "__main__":
    main()
