"""Whole training next to OmniSafe's CPO on the same body, epoch and iteration in turn.

    python -m benchmarks.compare_omnisafe --python /path/to/other/venv/bin/python

OmniSafe is no dependency: docs/benchmarking.md tells how to install it in an environment of its
own. SafetyAntVelocity-v1 against our `ant-velocity`: the same MJCF, RK4, frame skip 5, 64x64
networks, the same steps an update. OmniSafe runs in its best configuration on two cores (four
vector environments, one thread), ours as it comes. An epoch of either is everything: rollout,
update, value functions, report. The first of each warms up and is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.figures import Seconds, clocked, median, ratio, say
from benchmarks.training import HIDDEN, TASK
from cpo_core.spec.config import make_config
from cpo_core.training.loop import Training

CHILD = Path(__file__).with_name("omnisafe_child.py")


class Peer:
    """OmniSafe in a process of its own, which trains an epoch when it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.rollout = self._answer()

    def epoch(self) -> Seconds:
        """One epoch; the seconds include those of its environments' processes."""
        assert self._process.stdin is not None
        cpu, wall = self._processor_seconds(), time.perf_counter()
        print("go", file=self._process.stdin, flush=True)
        self.rollout = self._answer()
        return Seconds(time.perf_counter() - wall, self._processor_seconds() - cpu)

    def _answer(self) -> float:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"OmniSafe's process ended ({self._process.wait()}); see above")
        return json.loads(line)["rollout_s"]

    def _processor_seconds(self) -> float:
        process = psutil.Process(self._process.pid)
        total = 0.0
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system
        return total


@contextmanager
def peer(python: str, epochs: int, steps: int, environments: int, threads: int) -> Iterator[Peer]:
    """OmniSafe, loaded and waiting before its first epoch."""
    sizes = [str(n) for n in (epochs, steps, environments, threads)]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [python, str(CHILD), *sizes, folder], cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield Peer(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # ends it, and its environments' processes
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main() -> None:
    """Both speeds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="of the environment with OmniSafe")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--environments", type=int, default=4)
    parser.add_argument("--peer-threads", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    theirs, ours, rollouts = [], [], []
    config = make_config(TASK, hidden=HIDDEN, batch_size=given.steps, threads=given.threads)
    # One epoch more than is run: the last one would also save and end.
    sizes = (given.repeats + 2, given.steps, given.environments, given.peer_threads)
    with Training(config) as training, peer(given.python, *sizes) as other:
        for _ in range(given.repeats + 1):
            theirs.append(_per_step(other.epoch(), given.steps))
            rollouts.append(given.steps / other.rollout)
            before = training.state.env_steps
            spent = clocked(training.iterate)
            ours.append(_per_step(spent, training.state.env_steps - before))
    del theirs[0], ours[0], rollouts[0]
    faster, middle_theirs, middle_ours = ratio(theirs, ours), median(theirs), median(ours)
    say(
        "whole training against OmniSafe CPO, SafetyAntVelocity-v1", faster.wall, "times",
        target=">= 8",
        times_cpu=faster.cpu, steps_per_second=1 / middle_ours.wall,
        omnisafe_steps_per_second=1 / middle_theirs.wall,
        omnisafe_rollout_steps_per_second=statistics.median(rollouts),
        cpu_us_per_step=1e6 * middle_ours.cpu, omnisafe_cpu_us_per_step=1e6 * middle_theirs.cpu,
        steps=given.steps, repeats=given.repeats,
    )  # fmt: skip


def _per_step(spent: Seconds, steps: int) -> Seconds:
    return Seconds(spent.wall / steps, spent.cpu / steps)


if __name__ == "__main__":
    main()
