"""The example package: installed as an operator would, found, trained and drawn."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """`run(code)`: stdout of Python in an environment in which the example is installed."""
    target = tmp_path_factory.mktemp("installed")
    package = tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(ROOT / "examples" / "costline-corridor", package)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
               "--no-build-isolation", "--target", target, package]  # fmt: skip
    subprocess.run(command, check=True)
    environment = {**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"}

    def python(code: str) -> str:
        child = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True,
            check=False, cwd=target,
        )  # fmt: skip
        assert child.returncode == 0, child.stderr
        return child.stdout

    return python


_TRAIN = """
import json
from cpo_core.spec.config import make_config
from cpo_core.spec.reports import IterationReport
from cpo_core.training.loop import train
rows = []
def listen(event):
    if isinstance(event, IterationReport):
        rows.append([event.return_mean, *(cost.mean for cost in event.costs)])
if __name__ == "__main__":
    train(make_config({name!r}, iterations=2, batch_size=400, threads=2), listen)
    print(json.dumps(rows))
"""


def test_the_entry_point_puts_the_task_into_the_registry(run) -> None:
    code = "from cpo_core import registry; print('point-corridor' in registry.tasks())"
    assert run(code).strip() == "True"


@pytest.mark.parametrize(
    ("name", "costs"), [("point-corridor", 1), ("gym:costline_corridor:Corridor-v0", 2)]
)
def test_both_tasks_train(run, name: str, costs: int) -> None:
    rows = json.loads(run(_TRAIN.replace("{name!r}", repr(name))))
    assert [len(row) for row in rows] == [1 + costs, 1 + costs]


def test_the_gymnasium_one_draws_itself(run, tmp_path) -> None:
    code = f"""
from pathlib import Path
import numpy as np
from cpo_core.spec import registry
from cpo_core.rollouts import video
from cpo_core.networks.policy import Policy
if __name__ == "__main__":
    video.probe = lambda: None  # It needs no GL.
    task = registry.find_task("gym:costline_corridor:Corridor-v0")
    policy = Policy.initial(2, 1, np.random.default_rng(0)).numpy()
    record = video.render_policy(task, policy, Path({str(tmp_path / "v.mp4")!r}))
    print(record.frames, len(record.step_rewards))
"""
    frames, steps = map(int, run(code).split())
    assert (frames, steps) == (101, 100)
    assert (tmp_path / "v.mp4").stat().st_size > 1000
