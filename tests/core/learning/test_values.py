"""Value functions: what they learn, what they leave alone, and what they start from."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cpo_core.networks.shards import Workers
from cpo_core.networks.value import (
    ValueFunction,
    ends_with_episode,
    explained_variance,
    features,
    fit,
)
from cpo_core.sim.episodes import Array, Batch
from cpo_core.spec.config import make_config
from cpo_core.spec.registry import find_task
from cpo_core.training.state import initial_state
from tests.core.learning.factories import make_batch, make_policy

WORKERS = Workers(1)


def _problem(episodes: int = 400, length: int = 10, seed: int = 0) -> tuple[Batch, Array]:
    batch = make_batch(make_policy(), (length,) * episodes, seed=seed)
    inputs, _ = features(batch, horizon=length)
    return batch, inputs


def _learned(batch: Batch, inputs: Array, targets: Array, fits: int = 3) -> ValueFunction:
    generator = np.random.default_rng(0)
    value = ValueFunction.initial(inputs.shape[1], (16, 8), generator)
    for _ in range(fits):
        value = fit(value, batch, inputs, targets, generator)
    return value


def test_an_unfitted_value_function_is_zero() -> None:
    _, inputs = _problem(5)
    value = ValueFunction.initial(inputs.shape[1], (16, 8), np.random.default_rng(0))
    assert not value.predict(inputs, WORKERS).any()


def test_a_smooth_target_is_explained_on_new_episodes() -> None:
    batch, inputs = _problem()
    _, fresh = _problem(seed=1)

    def truth(x: Array) -> Array:
        return 100 + 30 * np.tanh(x[:, 0]) + 20 * x[:, -1]

    value = _learned(batch, inputs, truth(inputs), fits=20)
    explained = explained_variance(value.predict(fresh, WORKERS), truth(fresh))
    assert explained is not None
    assert explained > 0.9


def test_noise_is_not_learned() -> None:
    """With one noisy outcome an episode, a fixed number of epochs would learn them by heart."""
    batch, inputs = _problem(episodes=30, length=50)
    noise = np.repeat(np.random.default_rng(5).normal(size=30), 50)
    value = _learned(batch, inputs, noise, fits=6)
    assert value.predict(inputs, WORKERS).std() < 0.3 * noise.std()


def test_new_statistics_do_not_change_the_function() -> None:
    batch, inputs = _problem()
    value = _learned(batch, inputs, 5 + inputs[:, 0].astype(np.float64))
    moved = value.seeing(2 * inputs + 1, np.random.default_rng(1).normal(50, 9, len(inputs)))
    near = inputs[np.abs(inputs).max(axis=1) < 3]
    before, after = value.predict(near, WORKERS), moved.predict(near, WORKERS)
    np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-3)


def test_the_share_of_the_horizon_that_is_left_is_an_input_where_the_horizon_counts() -> None:
    batch = make_batch(make_policy(), (4, 2))
    inputs, final = features(batch, horizon=4)
    assert inputs[:, -1].tolist() == [1.0, 0.75, 0.5, 0.25, 1.0, 0.75]
    assert final[:, -1].tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("cost_gamma", "sees_time"), [(1.0, [False, True]), (0.99, [False, False])]
)
def test_an_undiscounted_cost_ends_with_its_episode_in_a_task_that_goes_on(
    cost_gamma: float, sees_time: list[bool]
) -> None:
    """P11, P12: the limit is per episode, so nothing beyond it is bootstrapped into b."""
    task = find_task("hopper-velocity")
    config = make_config("hopper-velocity", cost_gamma=cost_gamma)
    assert [ends_with_episode(task, config, row) for row in (0, 1)] == sees_time
    state = initial_state(config, task, {})
    assert [v.mlp.sizes[0] - task.observation_size for v in state.values] == sees_time


@pytest.mark.parametrize("lengths", [(7,), (1,), (1, 1)])
def test_very_few_episodes_are_fitted_all_the_same(lengths: tuple[int, ...]) -> None:
    batch = make_batch(make_policy(), lengths)
    inputs, _ = features(batch, 10)
    value = _learned(batch, inputs, batch.rewards)
    assert np.isfinite(value.predict(inputs, WORKERS)).all()


def test_constant_targets_explain_nothing_and_do_no_harm() -> None:
    batch, inputs = _problem(20)
    targets = np.zeros(batch.steps)
    value = _learned(batch, inputs, targets)
    assert np.abs(value.predict(inputs, WORKERS)).max() < 1e-6
    assert explained_variance(value.predict(inputs, WORKERS), targets) is None


def test_a_fit_does_not_touch_the_batch() -> None:
    batch, inputs = _problem(20)
    before = dataclasses.replace(batch, observations=batch.observations.copy())
    _learned(batch, inputs, batch.rewards)
    np.testing.assert_array_equal(batch.observations, before.observations)
