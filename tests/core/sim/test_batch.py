"""MuJoCo bodies in batches: the same physics as one at a time, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest

from cpo_core.sim.models import load_model, mujoco, start_state
from cpo_core.sim.mujoco_worlds import BatchMovers
from cpo_core.tasks.bodies import ANT, HUMANOID, Body


def _actions(steps: int, worlds: int, size: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (steps, worlds, size)).astype(np.float32)


def _movers(body: Body, worlds: int = 3, threads: int = 1) -> BatchMovers:
    movers = BatchMovers(body, worlds, threads)
    movers.begin(worlds, np.random.default_rng(0))
    return movers


@pytest.mark.parametrize("body", [ANT, HUMANOID], ids=["ant", "humanoid"])
def test_a_batch_is_bit_equal_to_a_loop_over_mj_step(body: Body) -> None:
    movers = _movers(body)
    model = load_model(body)
    data = mujoco.MjData(model)
    qpos, qvel = movers.state()
    data.qpos, data.qvel = qpos[1], qvel[1]
    mujoco.mj_forward(model, data)
    low, high = model.actuator_ctrlrange.T
    for actions in _actions(60, 3, model.nu):
        movers.step(actions)
        data.ctrl = np.clip(actions[1], low, high)
        mujoco.mj_step(model, data, nstep=body.frame_skip)
        qpos, qvel = movers.state()
        np.testing.assert_array_equal(qpos[1], data.qpos)
        np.testing.assert_array_equal(qvel[1], data.qvel)


def test_threads_do_not_change_the_physics() -> None:
    one, two = _movers(ANT, 8, threads=1), _movers(ANT, 8, threads=2)
    for actions in _actions(40, 8, 8):
        first, second = one.step(actions), two.step(actions)
        np.testing.assert_array_equal(first.sense, second.sense)
        np.testing.assert_array_equal(first.velocity, second.velocity)


def test_retired_worlds_stand_still_and_the_others_go_on_as_if_alone() -> None:
    movers, whole = _movers(ANT, 4), _movers(ANT, 4)
    keep = np.array([False, True, False, True])
    movers.retire(keep)
    for actions in _actions(10, 4, 8):
        part, every = movers.step(actions[keep]), whole.step(actions)
        np.testing.assert_array_equal(part.sense, every.sense[keep])
    np.testing.assert_array_equal(movers.pose(0), _movers(ANT, 4).pose(0))


def test_a_restarted_world_forgets_its_warm_start() -> None:
    used, fresh = _movers(ANT, 2), _movers(ANT, 2)
    for actions in _actions(30, 2, 8):
        used.step(actions)
    used.restart(np.array([1]), np.random.default_rng(7))
    fresh.restart(np.array([1]), np.random.default_rng(7))
    for actions in _actions(20, 2, 8):
        first = used.step(actions).sense[1]
        np.testing.assert_array_equal(first, fresh.step(actions).sense[1])


def test_a_restart_after_others_retired_reaches_the_right_world() -> None:
    movers, whole = _movers(ANT, 4), _movers(ANT, 4)
    movers.retire(np.array([False, True, True, True]))
    start = movers.restart(np.array([1]), np.random.default_rng(3))
    expected = whole.restart(np.array([2]), np.random.default_rng(3))
    np.testing.assert_array_equal(start.sense, expected.sense)
    actions = _actions(1, 4, 8)[0]
    np.testing.assert_array_equal(movers.step(actions[1:]).sense, whole.step(actions).sense[1:])


def test_actions_beyond_the_range_act_as_the_range() -> None:
    wild, cut = _movers(ANT), _movers(ANT)
    np.testing.assert_array_equal(
        wild.step(np.full((3, 8), 50, np.float32)).sense,
        cut.step(np.ones((3, 8), np.float32)).sense,
    )


def test_effort_is_the_sum_of_squares_of_the_cut_controls() -> None:
    actions = np.zeros((3, 8), np.float32)
    actions[0, :2] = (0.5, -9.0)
    np.testing.assert_allclose(_movers(ANT).step(actions).effort, [1.25, 0, 0])


def test_a_diverged_world_ends_where_it_was_and_the_others_go_on(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warning to a file in the working directory.
    movers, sane = _movers(ANT, 3), _movers(ANT, 3)
    actions = _actions(2, 3, 8)
    movers.step(actions[0])
    sane.step(actions[0])
    movers._batch.bind("qfrc_applied")[1] = np.inf
    motion = movers.step(actions[1])
    assert motion.healthy.tolist() == [True, False, True]
    assert np.isfinite(motion.sense).all()
    assert np.isfinite(motion.velocity).all()
    np.testing.assert_array_equal(motion.velocity[1], 0)
    np.testing.assert_array_equal(motion.sense[2], sane.step(actions[1]).sense[2])


def test_the_ant_starts_at_its_keyframe_with_the_papers_noise() -> None:
    movers = BatchMovers(ANT, 4000, 1)
    movers.begin(4000, np.random.default_rng(0))
    qpos, qvel = movers.state()
    start = start_state(movers.model)[0]
    assert start[2] == 0.55
    np.testing.assert_allclose(qpos.mean(0), start, atol=1e-3)
    np.testing.assert_allclose(qpos.std(0), 0.01, rtol=0.1)
    np.testing.assert_allclose(qvel.std(0), 0.1, rtol=0.1)


def test_the_velocity_is_the_displacement_of_the_centre_of_mass_over_the_step() -> None:
    movers = _movers(ANT)
    start = movers.step(np.zeros((3, 8), np.float32))
    after = movers.step(np.zeros((3, 8), np.float32))
    np.testing.assert_allclose(after.velocity, (after.position - start.position) / 0.02)
