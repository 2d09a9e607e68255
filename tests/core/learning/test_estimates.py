"""What a batch says: which discounts, which scales, which values judge it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cpo_core.networks.shards import Workers
from cpo_core.networks.value import ValueFunction
from cpo_core.spec.config import make_config
from cpo_core.spec.registry import find_task
from cpo_core.training.estimates import Estimates, estimate
from tests.core.learning.factories import make_batch, make_policy

BATCH = make_batch(make_policy(), (4, 7, 1, 5), costs=1, terminated=(False, True, False, False))


def _estimate(penalties: tuple[float, ...] = (0.0,), **overrides: Any) -> Estimates:
    """With value functions that are zero everywhere, as before the first fit."""
    config = make_config("point-circle", **overrides)
    generator = np.random.default_rng(0)
    values = [ValueFunction.initial(6, (4,), generator) for _ in range(2)]
    task = find_task("point-circle")
    return estimate(BATCH, BATCH.costs, penalties, values, task, config, Workers(1))


def _to_go(per_step: np.ndarray, factor: float) -> np.ndarray:
    found = np.array(per_step, dtype=float)
    for start, end in zip(BATCH.offsets[:-1], BATCH.offsets[1:], strict=True):
        for t in range(end - 2, start - 1, -1):
            found[t] += factor * found[t + 1]
    return found


def test_rewards_and_costs_have_their_own_discounts() -> None:
    found = _estimate(gamma=0.9, lam=0.5, cost_gamma=1.0, cost_lam=0.8)
    reward = _to_go(BATCH.rewards, 0.45)
    np.testing.assert_allclose(
        found.reward_advantages * found.reward_scale, reward - reward.mean(), atol=1e-12
    )
    cost = _to_go(BATCH.costs[0], 0.8)
    np.testing.assert_allclose(found.cost_advantages[0], cost - cost.mean(), atol=1e-12)
    np.testing.assert_allclose(found.targets[0], _to_go(BATCH.rewards, 0.9))
    np.testing.assert_allclose(found.targets[1], _to_go(BATCH.costs[0], 1.0))


def test_reward_advantages_have_deviation_one_and_cost_advantages_keep_theirs() -> None:
    """T7."""
    found = _estimate(cost_lam=1.0)
    assert found.reward_advantages.mean() == pytest.approx(0.0, abs=1e-12)
    assert found.reward_advantages.std() == pytest.approx(1.0)
    assert found.cost_advantages[0].mean() == pytest.approx(0.0, abs=1e-12)
    assert found.cost_advantages[0].std() == pytest.approx(_to_go(BATCH.costs[0], 1.0).std())


def test_the_cost_of_a_policy_is_the_mean_undiscounted_sum_per_episode() -> None:
    found = _estimate(cost_gamma=0.5)
    assert found.cost_means[0] == pytest.approx(BATCH.costs.sum() / 4)


def test_penalties_are_taken_from_the_reward_and_not_from_the_cost() -> None:
    plain, penalised = _estimate(), _estimate(penalties=(3.0,))
    np.testing.assert_array_equal(plain.cost_advantages, penalised.cost_advantages)
    expected = _to_go(BATCH.rewards - 3 * BATCH.costs[0], 0.995)
    np.testing.assert_allclose(penalised.targets[0], expected)


def test_values_that_predict_nothing_explain_nothing() -> None:
    """They must not have seen the batch that they judge."""
    assert _estimate().explained == (0.0, 0.0)
