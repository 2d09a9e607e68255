"""Rules are written once: NumPy and torch arrays give the same numbers."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from cpo_core.spec import registry
from cpo_core.tasks.base import Motion, World
from cpo_core.tasks.bodies import yaw

TASKS = {n: t for n, t in registry.tasks().items() if isinstance(t.world, World)}


def _motion(seed: int, worlds: int = 40) -> Motion:
    rng = np.random.default_rng(seed)
    return Motion(
        position=rng.uniform(-6, 6, (worlds, 2)),
        velocity=rng.normal(0, 2, (worlds, 2)),
        heading=rng.uniform(-4, 4, worlds),
        sense=rng.normal(0, 1, (worlds, 7)),
        healthy=rng.random(worlds) < 0.8,
        controls=rng.random((worlds, 8)),
    )


def _in_torch(motion: Motion) -> Motion:
    values = {f.name: torch.from_numpy(getattr(motion, f.name)) for f in fields(Motion)}
    return Motion(**values)


@pytest.mark.parametrize("name", TASKS)
def test_observations_rewards_and_costs_agree_between_numpy_and_torch(name: str) -> None:
    rules, before, after = TASKS[name].world.rules, _motion(0), _motion(1)
    things = dict(rules.begin(np.random.default_rng(2), 40))
    elapsed = np.linspace(0, 1, 40)
    there = {key: torch.from_numpy(values) for key, values in things.items()}
    seen = rules.observe(after, things, elapsed)
    seen_there = rules.observe(_in_torch(after), there, torch.from_numpy(elapsed))
    np.testing.assert_allclose(seen_there.numpy(), seen, rtol=1e-6, atol=1e-6)
    outcome, left = rules.judge(before, after, things)
    outcome_there, left_there = rules.judge(_in_torch(before), _in_torch(after), there)
    np.testing.assert_allclose(outcome_there.rewards.numpy(), outcome.rewards, rtol=1e-12)
    np.testing.assert_allclose(outcome_there.costs.numpy(), outcome.costs, rtol=1e-12)
    np.testing.assert_array_equal(outcome_there.terminated.numpy(), outcome.terminated)
    for key, values in left.items():
        np.testing.assert_array_equal(left_there[key].numpy(), values)


@pytest.mark.parametrize("angle", [-3.0, -1.0, 0.0, 0.5, 2.5])
def test_yaw_is_the_turn_about_the_vertical_whatever_the_tilt(angle: float) -> None:
    turn = np.array([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])
    tilt = np.array([np.cos(0.2), np.sin(0.2) * 0.6, np.sin(0.2) * 0.8, 0.0])
    np.testing.assert_allclose(yaw(turn[None])[0], angle, atol=1e-12)
    (w, _, _, z), (a, b, c, _) = turn, tilt
    tilted = np.array([w * a, w * b - z * c, w * c + z * b, z * a])
    # The body was tilted by 0.4 rad first, then turned: its forward axis still points there.
    np.testing.assert_allclose(yaw(tilted[None])[0], angle, atol=0.1)
