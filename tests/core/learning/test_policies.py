"""The policy in torch, in NumPy, and through changes of its observation statistics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cpo_core.networks.policy import Policy
from tests.core.learning.factories import make_policy


@pytest.mark.parametrize("normalize", [False, True])
def test_numpy_policy_gives_the_means_of_the_torch_policy_within_1e_6(normalize: bool) -> None:
    generator = np.random.default_rng(0)
    policy = Policy.initial(30, 8, generator, normalize=normalize)
    observations = (5 + 3 * generator.normal(size=(1000, 30))).astype(np.float32)
    policy = policy.observing(observations)
    expected = policy.mlp.output(policy.network, policy.inputs(observations)).numpy()
    found = policy.numpy().outputs(observations)
    assert found.dtype == np.float32
    scale = max(1.0, float(np.abs(expected).max()))
    assert np.abs(found - expected).max() <= 1e-6 * scale


def test_moving_statistics_does_not_change_the_policy() -> None:
    policy = make_policy(normalize=True)
    generator = np.random.default_rng(0)
    observations = (2 + 3 * generator.normal(size=(200, 5))).astype(np.float32)
    first = policy.observing(observations)
    second = first.observing(3 * observations + 1)
    near = observations[np.abs(observations).max(axis=1) < 8]
    np.testing.assert_allclose(
        second.numpy().outputs(near), first.numpy().outputs(near), rtol=1e-4, atol=1e-5
    )
    assert first.statistics is not None
    assert second.statistics is not None
    assert second.statistics.count == 400
    assert not np.allclose(first.statistics.mean, second.statistics.mean)


def test_statistics_in_parts_equal_statistics_of_the_whole() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(4, [1.0, 5.0, 0.1, 2.0, 3.0], (300, 5))
    policy = make_policy(normalize=True)
    parts = policy.observing(values[:100]).observing(values[100:]).statistics
    assert parts is not None
    np.testing.assert_allclose(parts.mean, values.mean(0))
    np.testing.assert_allclose(parts.variance, values.var(0))


def test_the_numpy_policy_is_a_copy() -> None:
    policy = make_policy()
    sampler = policy.numpy()
    policy.theta.add_(1.0)
    assert not np.allclose(sampler.extras, policy.extras.numpy())


def test_entropy_is_that_of_the_gaussian() -> None:
    policy = make_policy(action_size=3)
    normal = torch.distributions.Normal(torch.zeros(3), policy.extras.exp())
    assert policy.entropy(np.zeros((1, policy.observation_size), np.float32)) == pytest.approx(
        float(normal.entropy().sum()), rel=1e-6
    )


def test_an_untrained_policy_has_the_deviation_asked_for() -> None:
    policy = Policy.initial(4, 2, np.random.default_rng(0), std=0.5)
    np.testing.assert_allclose(np.exp(policy.numpy().extras), [0.5, 0.5], rtol=1e-6)
    assert policy.entropy(np.zeros((1, policy.observation_size), np.float32)) == pytest.approx(
        2 * (math.log(0.5) + 0.5 * math.log(2 * math.pi * math.e))
    )
