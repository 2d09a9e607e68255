"""Recorded rollouts: the same episode as the video's, complete enough to be drawn elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cpo_core.networks.policy import Policy
from cpo_core.rollouts import video
from cpo_core.spec import registry
from cpo_core.tasks.base import Task, World

NAMES = [name for name, task in registry.tasks().items() if isinstance(task.world, World)]


def _policy(task: Task):
    generator = np.random.default_rng(0)
    return Policy.initial(task.observation_size, task.action_size, generator).numpy()


@pytest.mark.parametrize("name", NAMES)
def test_every_task_of_ours_can_be_recorded_without_gl(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "probe", lambda: pytest.fail("asked for OpenGL"))
    task = registry.find_task(name)
    video.record_policy(task, _policy(task), tmp_path / "r.json", seed=1)
    record = json.loads((tmp_path / "r.json").read_text())
    stage, states = record["stage"], record["states"]
    assert len(states) == record["frames"]
    assert stage["geoms"], "there is nothing to draw"
    bodies = {len(state["bodies"]) for state in states}
    assert len(bodies) == 1
    assert all(0 <= geom["body"] < next(iter(bodies)) for geom in stage["geoms"])
    assert all(np.isfinite(state["bodies"]).all() for state in states)
    for mark in stage["marks"]:
        assert len(states[0][mark["places"]]) == len(states[0][mark["present"]])
    assert states[0]["bodies"] != states[-1]["bodies"], "nothing moves"


def test_the_recorded_point_stands_where_its_joints_say(tmp_path: Path) -> None:
    task = registry.find_task("point-circle")
    record = video.record_policy(task, _policy(task), tmp_path / "r.json", seed=2)
    for state in record.states:
        x, y, heading = state["qpos"]
        [[px, py, pz, w, _, _, z]] = state["bodies"]
        assert (px, py) == pytest.approx((x, y), abs=1e-3)
        assert pz == 0.5
        turned = 2 * np.arctan2(z, w) - heading
        assert np.cos(turned) == pytest.approx(1, abs=1e-4)


def test_an_environment_of_others_is_refused_by_name(tmp_path: Path) -> None:
    foreign = [t for t in registry.tasks().values() if not isinstance(t.world, World)]
    if not foreign:
        pytest.skip("no foreign environment is registered")
    with pytest.raises(video.RenderError, match="keeps its state"):
        video.record_policy(foreign[0], None, tmp_path / "r.json")  # type: ignore[arg-type]
