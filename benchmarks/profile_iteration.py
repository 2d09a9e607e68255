"""Where the time of an iteration goes: a profile of each task, and a table of shares.

    python -m benchmarks.profile_iteration [TASK ...] [--iterations I] [--batch-size S] [--text DIR]

pyinstrument looks every millisecond at what Python does. Training runs on one thread, so nothing
happens where it does not look, and shares are shares of the work, not of the waiting. A moment
belongs to the innermost function that `PHASES` knows. With --text the whole profile of each task
goes to DIR/<task>.txt.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from pyinstrument import Profiler
from pyinstrument.session import Session

from cpo_core.spec.config import make_config
from cpo_core.training.loop import Training

TASKS = (
    "point-circle", "point-gather", "ant-circle", "ant-gather", "humanoid-circle", "ant-velocity",
)  # fmt: skip
PHASES = {
    "policy": ("cpo_core/networks/policy.py mean", "cpo_core/sim/sampler.py _roll"),
    "physics": (
        "mujoco/batch.py", "cpo_core/sim/point_worlds.py", "cpo_core/tasks/point.py move",
        "cpo_core/tasks/point.py cut", "cpo_core/tasks/point.py motion",
    ),
    "recording": ("cpo_core/sim/episode_buffer.py", "cpo_core/sim/sampler.py"),
    "observation, reward": ("cpo_core/sim/", "cpo_core/tasks/"),
    "update": (
        "cpo_core/training/surrogate.py", "cpo_core/training/problem.py",
        "cpo_core/learners/", "cpo_core/solvers/",
    ),
    "values": (
        "cpo_core/networks/value.py", "cpo_core/training/estimates.py", "cpo_core/training/gae.py",
    ),
    "report": ("cpo_core/training/reporting.py", "cpo_core/training/loop.py"),
}  # fmt: skip
"""Phase -> files, or a file and one of its functions; earlier phases go first."""
ORDER = ("policy", "physics", "observation, reward", "recording", "update", "values", "report")


def main() -> None:
    """Print a table with a row per task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--text", type=Path, help="folder for the whole profiles")
    given = parser.parse_args()
    print("| task | s an iteration, one thread | " + " | ".join(ORDER) + " |")
    print("|" + " --- |" * (2 + len(ORDER)))
    for task in given.tasks:
        profiler = profiled(task, given.iterations, given.batch_size)
        session = profiler.last_session
        assert session is not None
        found = shares(session)
        cells = [f"{found.get(phase, 0.0):.0%}" for phase in ORDER]
        seconds = sum(spent for _, spent in session.frame_records) / given.iterations
        print(f"| {task} | {seconds:.2f} | " + " | ".join(cells) + " |", flush=True)
        if given.text:
            given.text.mkdir(parents=True, exist_ok=True)
            text = profiler.output_text(show_all=True)
            (given.text / f"{task}.txt").write_text(text)


def profiled(task: str, iterations: int, batch_size: int | None) -> Profiler:
    """Some iterations of the default preset, after one that is not looked at."""
    size = {} if batch_size is None else {"batch_size": batch_size}
    profiler = Profiler(interval=0.001)
    with Training(make_config(task, threads=1, **size)) as training:
        training.iterate()
        with profiler:
            for _ in range(iterations):
                training.iterate()
    return profiler


def shares(session: Session) -> dict[str, float]:
    """Share of the time in each phase."""
    spent: dict[str, float] = defaultdict(float)
    for stack, seconds in session.frame_records:
        spent[phase_of(stack)] += seconds
    total = sum(spent.values())
    return {phase: seconds / total for phase, seconds in spent.items()}


def phase_of(stack: list[str]) -> str:
    """Of a stack of pyinstrument's frames, outermost first."""
    for frame in reversed(stack):
        function, file, *_ = frame.split("\0")
        for phase, places in PHASES.items():
            for place in places:
                path, _, name = place.partition(" ")
                if path in file and name in ("", function):
                    return phase
    return "other"


if __name__ == "__main__":
    main()
