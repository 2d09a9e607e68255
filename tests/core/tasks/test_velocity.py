"""Velocity tasks step for step beside Gymnasium's own environments."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types

import numpy as np
import pytest

from cpo_core.sim.models import load_model, mujoco
from cpo_core.sim.mujoco_worlds import BatchMovers
from cpo_core.sim.rule_worlds import RuledWorlds
from cpo_core.spec import registry
from cpo_core.tasks import velocity

GYMNASIUM = {
    "ant-velocity": ("ant_v4", "AntEnv", 27),
    "half-cheetah-velocity": ("half_cheetah_v4", "HalfCheetahEnv", 17),
    "hopper-velocity": ("hopper_v4", "HopperEnv", 11),
    "walker2d-velocity": ("walker2d_v4", "Walker2dEnv", 17),
    "humanoid-velocity": ("humanoid_v4", "HumanoidEnv", 45),
    "swimmer-velocity": ("swimmer_v5", "SwimmerEnv", 8),
}


def _gymnasium(name: str):
    # Gymnasium's viewer window imports imageio, which nothing here needs.
    if "imageio" not in sys.modules and importlib.util.find_spec("imageio") is None:
        sys.modules["imageio"] = types.ModuleType("imageio")
    module, cls, _ = GYMNASIUM[name]
    return getattr(importlib.import_module(f"gymnasium.envs.mujoco.{module}"), cls)()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", GYMNASIUM)
def test_observations_rewards_and_ends_are_gymnasiums(name: str) -> None:
    task, environment = registry.find_task(name), _gymnasium(name)
    body = task.world.body
    movers = BatchMovers(body, 2, 1)
    worlds = RuledWorlds(movers, task.world.rules, task.horizon)
    worlds.begin(2, np.random.default_rng(0))
    qpos, qvel = movers.state()
    environment.reset(seed=0)
    environment.set_state(qpos[1], qvel[1])
    shared = GYMNASIUM[name][2]
    low, high = movers.model.actuator_ctrlrange.T
    rng = np.random.default_rng(1)
    for _ in range(60):
        action = rng.uniform(low, high, (2, task.action_size)).astype(np.float32)
        outcome = worlds.step(action)
        observation, reward, terminated, _, info = environment.step(action[1])
        ours = worlds.observe()[1]
        np.testing.assert_array_equal(ours[:shared], observation[:shared].astype(np.float32))
        assert outcome.rewards[1] == pytest.approx(reward, abs=1e-6)
        assert outcome.terminated[1] == terminated
        speed = np.hypot(info["x_velocity"], info.get("y_velocity", 0.0))
        if task.world.rules.planar:
            speed = info["x_velocity"]
        assert outcome.costs[0, 1] == float(speed > task.world.rules.limit)
        if terminated:
            break


def test_the_humanoid_senses_inertia_velocity_and_motor_forces_as_gymnasium_reads_them() -> None:
    """The parts after position and velocity: cinert and cvel of all bodies but the world."""
    task = registry.find_task("humanoid-velocity")
    movers = BatchMovers(task.world.body, 1, 1)
    movers.begin(1, np.random.default_rng(0))
    model = load_model(task.world.body)
    data = mujoco.MjData(model)
    qpos, qvel = movers.state()
    data.qpos, data.qvel = qpos[0], qvel[0]
    mujoco.mj_forward(model, data)
    data.ctrl = np.float32(0.3)
    mujoco.mj_step(model, data, nstep=5)
    sense = movers.step(np.full((1, 17), 0.3, np.float32)).sense[0, 45:]
    expected = [data.cinert[1:].ravel(), data.cvel[1:].ravel(), data.qfrc_actuator[6:]]
    np.testing.assert_array_equal(sense, np.concatenate(expected).astype(np.float32))


def test_thresholds_are_safety_gymnasiums() -> None:
    limits = {task.name: task.world.rules.limit for task in velocity.TASKS}
    assert limits == {
        "ant-velocity": 2.6222,
        "half-cheetah-velocity": 3.2096,
        "hopper-velocity": 0.7402,
        "walker2d-velocity": 2.3415,
        "humanoid-velocity": 1.4149,
        "swimmer-velocity": 0.2282,
    }
