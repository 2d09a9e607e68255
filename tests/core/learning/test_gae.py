"""Advantages and returns against hand computation and brute force."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cpo_core.sim.episodes import Batch
from cpo_core.training import gae
from tests.core.learning.factories import make_batch, make_policy


def _two_episodes(rewards: list[float], terminated: tuple[bool, bool]) -> Batch:
    """Episodes of 2 and 1 steps."""
    batch = make_batch(make_policy(), (2, 1), terminated=terminated)
    return dataclasses.replace(batch, rewards=np.array(rewards))


def test_advantages_of_a_truncated_and_a_terminated_episode_by_hand() -> None:
    batch = _two_episodes([1.0, 2.0, 3.0], (False, True))
    values, after = np.array([0.5, 0.25, 1.0]), np.array([4.0, 7.0])
    final = gae.final_values(batch, after, ends_with_episode=False)
    assert final.tolist() == [4.0, 0.0]
    found = gae.advantages(batch, batch.rewards, values, final, gamma=0.5, lam=0.5)
    second = 2.0 + 0.5 * 4.0 - 0.25
    first = 1.0 + 0.5 * 0.25 - 0.5 + 0.25 * second
    np.testing.assert_allclose(found, [first, second, 3.0 - 1.0])


def test_a_finite_horizon_bootstraps_nothing_at_its_end() -> None:
    batch = _two_episodes([1.0, 2.0, 3.0], (False, True))
    final = gae.final_values(batch, np.array([4.0, 7.0]), ends_with_episode=True)
    assert final.tolist() == [0.0, 0.0]


def test_undiscounted_advantages_with_lambda_one_are_return_to_go_minus_value() -> None:
    """T10: with γ_C = 1 and λ_C = 1 each advantage is what came minus what was expected."""
    batch = make_batch(make_policy(), (4, 7, 1, 5), terminated=(True, False, False, True))
    values = np.random.default_rng(0).normal(size=batch.steps)
    final = np.zeros(batch.episodes)
    found = gae.advantages(batch, batch.costs[0], values, final, gamma=1.0, lam=1.0)
    for e in range(batch.episodes):
        steps = slice(batch.offsets[e], batch.offsets[e + 1])
        to_go = np.cumsum(batch.costs[0][steps][::-1])[::-1]
        np.testing.assert_allclose(found[steps], to_go - values[steps], atol=1e-12)


@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_returns_are_discounted_sums_within_each_episode(gamma: float) -> None:
    batch = make_batch(make_policy(), (4, 7, 1, 5))
    final = np.array([1.0, 0.0, 2.0, -1.0])
    found = gae.returns(batch, batch.rewards, final, gamma)
    for e in range(batch.episodes):
        rest = final[e]
        for t in reversed(range(batch.offsets[e], batch.offsets[e + 1])):
            rest = batch.rewards[t] + gamma * rest
            assert found[t] == pytest.approx(rest)


def test_final_values_do_not_leak_into_the_next_episode() -> None:
    batch = make_batch(make_policy(), (3, 3))
    base = gae.advantages(batch, batch.rewards, np.zeros(6), np.zeros(2), 0.9, 0.9)
    moved = gae.advantages(batch, batch.rewards, np.zeros(6), np.array([5.0, 0.0]), 0.9, 0.9)
    assert not np.allclose(base[:3], moved[:3])
    np.testing.assert_array_equal(base[3:], moved[3:])


def test_cost_advantages_are_centred_and_keep_their_scale() -> None:
    """T7: dividing by the deviation would give b the wrong length."""
    raw = np.random.default_rng(0).normal(3.0, 20.0, 1000)
    found = gae.centred(raw)
    assert found.mean() == pytest.approx(0.0, abs=1e-12)
    assert found.std() == pytest.approx(raw.std(), rel=1e-12)


def test_reward_advantages_are_centred_and_have_deviation_one() -> None:
    raw = np.random.default_rng(0).normal(3.0, 20.0, 1000)
    found, deviation = gae.standardized(raw)
    assert found.mean() == pytest.approx(0.0, abs=1e-12)
    assert found.std() == pytest.approx(1.0)
    np.testing.assert_allclose(found * deviation, raw - raw.mean())


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_constant_reward_advantages_become_zero_rather_than_nan(value: float) -> None:
    found, deviation = gae.standardized(np.full(7, value))
    assert found.tolist() == [0.0] * 7
    assert deviation == 1.0
