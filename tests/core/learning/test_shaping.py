"""The predictor of costs to come."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cpo_core.networks.mlp import to_tensor
from cpo_core.networks.shards import Workers
from cpo_core.training.shaping import Predictor, soon
from tests.core.learning.factories import make_batch, make_policy

WORKERS = Workers(1)


def test_labels_look_ahead_from_the_present_step_to_the_end_of_the_episode() -> None:
    batch = make_batch(make_policy(), (5, 3))
    costs = np.array([0, 0, 0, 1.0, 0, 1.0, 0, 0.25])
    assert soon(batch, costs, 2).tolist() == [0, 0, 1, 1, 0, 1, 0.25, 0.25]
    assert soon(batch, costs, 1).tolist() == costs.tolist()
    assert soon(batch, costs, 100).tolist() == [1, 1, 1, 1, 0, 1, 0.25, 0.25]


def test_nothing_is_predicted_before_the_second_fit() -> None:
    batch = make_batch(make_policy(), (50,) * 20)
    labels = np.ones(batch.steps)
    predictor = Predictor.initial(5, np.random.default_rng(0))
    for fits in range(2):
        assert predictor.fits == fits
        assert not predictor.bonus(batch.observations, WORKERS).any()
        predictor = predictor.fitted(batch.observations, labels, 25, WORKERS)
    assert predictor.bonus(batch.observations, WORKERS).mean() > 0.6


def test_the_predictor_learns_where_costs_come_from() -> None:
    batch = make_batch(make_policy(), (50,) * 40)
    dangerous = batch.observations[:, 1] > 0.5
    predictor = Predictor.initial(5, np.random.default_rng(0))
    for _ in range(8):
        predictor = predictor.fitted(batch.observations, dangerous.astype(float), 25, WORKERS)
    bonus = predictor.bonus(batch.observations, WORKERS)
    assert bonus.min() >= 0
    assert bonus.max() <= 1
    assert bonus[dangerous].mean() > 0.7
    assert bonus[~dangerous].mean() < 0.2


def test_one_step_goes_down_the_gradient_of_the_squared_error() -> None:
    batch = make_batch(make_policy(), (50,) * 4)
    labels = (batch.observations[:, 0] > 0).astype(float)
    predictor = Predictor.initial(5, np.random.default_rng(0))
    # One step only settles the statistics; from there on the loss must fall.
    predictor = predictor.fitted(batch.observations, labels, 1, WORKERS)

    def loss(p: Predictor) -> float:
        ready = dataclasses.replace(p, fits=2)
        return float(((ready.bonus(batch.observations, WORKERS) - labels) ** 2).mean())

    losses = [loss(predictor)]
    for _ in range(5):
        predictor = predictor.fitted(batch.observations, labels, 5, WORKERS)
        losses.append(loss(predictor))
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_fitting_does_not_depend_on_threads(threads: int) -> None:
    batch = make_batch(make_policy(), (100,) * 100)
    labels = (batch.observations[:, 0] > 0).astype(float)
    start = Predictor.initial(5, np.random.default_rng(0))
    expected = start.fitted(batch.observations, labels, 3, WORKERS)
    with Workers(threads) as workers:
        found = start.fitted(batch.observations, labels, 3, workers)
    assert np.array_equal(found.theta, expected.theta)
    assert not np.array_equal(found.theta, to_tensor(np.zeros(len(found.theta))))
