"""Gradients, Fisher products and the line search's quantities of the local problem."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from cpo_core.networks.policy import Policy
from cpo_core.networks.shards import Workers
from cpo_core.sim.episodes import Array, Batch
from cpo_core.training.surrogate import Surrogates, Weights, fisher_rows, fold_episodes
from tests.core.learning.factories import make_batch, make_policy, random_advantages


def _surrogates(
    policy: Policy,
    batch: Batch,
    rows: Array | None = None,
    threads: int = 1,
    folds: list[Array] | None = None,
) -> Surrogates:
    weights = Weights.of(batch, *random_advantages(batch))
    return Surrogates(policy, batch, weights, Workers(threads), rows, folds)


def _distribution(policy: Policy, theta: torch.Tensor, observations: Array):
    """The policy at float64 parameters, for automatic differentiation."""
    n = policy.mlp.parameters
    means = policy.mlp.output(theta[:n], torch.from_numpy(observations).double())
    normal = torch.distributions.Normal(means, theta[n:].exp().expand_as(means))
    return torch.distributions.Independent(normal, 1)


def _double_backprop_fisher(policy: Policy, observations: Array, x: Array) -> Array:
    theta = policy.theta.double().requires_grad_()
    old = _distribution(policy, policy.theta.double(), observations)
    kl = torch.distributions.kl_divergence(_distribution(policy, theta, observations), old).mean()
    (gradient,) = torch.autograd.grad(kl, theta, create_graph=True)
    (product,) = torch.autograd.grad(gradient @ torch.from_numpy(x), theta)
    return product.numpy()


@pytest.mark.parametrize("action_size", [1, 2, 10])
def test_fisher_product_equals_double_backpropagation_of_the_mean_kl(action_size: int) -> None:
    policy = make_policy(action_size=action_size)
    batch = make_batch(policy, (30, 50, 20))
    block = np.random.default_rng(5).normal(size=(3, len(policy.theta)))
    products = _surrogates(policy, batch).hessian_product(block)
    for x, product in zip(block, products, strict=True):
        expected = _double_backprop_fisher(policy, batch.observations, x)
        assert np.linalg.norm(product - expected) <= 1e-6 * np.linalg.norm(expected)


def test_fisher_product_of_one_vector_is_the_row_of_the_block() -> None:
    policy = make_policy()
    problem = _surrogates(policy, make_batch(policy))
    block = np.random.default_rng(5).normal(size=(2, len(policy.theta)))
    one = problem.hessian_product(block[1])
    assert one.shape == block[1].shape
    np.testing.assert_allclose(one, problem.hessian_product(block)[1], rtol=1e-5, atol=1e-6)


def test_fisher_product_on_a_subsample_is_that_of_the_subsample_alone() -> None:
    policy = make_policy()
    batch = make_batch(policy, (30, 50, 20))
    rows = fisher_rows(batch.steps, 0.2, np.random.default_rng(0))
    assert rows is not None
    assert len(rows) == 20
    x = np.random.default_rng(5).normal(size=len(policy.theta))
    product = _surrogates(policy, batch, rows).hessian_product(x)
    expected = _double_backprop_fisher(policy, batch.observations[rows], x)
    assert np.linalg.norm(product - expected) <= 1e-6 * np.linalg.norm(expected)


@pytest.mark.parametrize("seed", range(3))
def test_gradients_match_finite_differences_of_the_evaluated_surrogates(seed: int) -> None:
    policy = make_policy(seed=seed)
    batch = make_batch(policy, seed=seed)
    problem = _surrogates(policy, batch)
    gradients = problem.gradients()
    direction = np.random.default_rng(seed).normal(size=len(policy.theta))
    direction *= 1e-2 / np.linalg.norm(direction)
    ahead, behind = problem.evaluate(direction), problem.evaluate(-direction)
    slopes = [(ahead.reward - behind.reward) / 2]
    slopes += [(a - b) / 2 for a, b in zip(ahead.costs, behind.costs, strict=True)]
    np.testing.assert_allclose(gradients @ direction, slopes, rtol=2e-3, atol=1e-6)


def test_gradients_equal_backpropagation_in_per_step_and_per_episode_units() -> None:
    policy = make_policy()
    batch = make_batch(policy, (4, 7, 1, 5))
    reward, costs = random_advantages(batch)
    theta = policy.theta.double().requires_grad_()
    log_prob = _distribution(policy, theta, batch.observations).log_prob(
        torch.from_numpy(batch.actions).double()
    )
    found = _surrogates(policy, batch).gradients()
    mean_length = batch.steps / batch.episodes
    targets = [(log_prob * torch.from_numpy(reward)).mean()]
    targets += [(log_prob * torch.from_numpy(a)).mean() * mean_length for a in costs]
    for row, target in zip(found, targets, strict=True):
        (expected,) = torch.autograd.grad(target, theta, retain_graph=True)
        assert np.linalg.norm(row - expected.numpy()) <= 1e-5 * np.linalg.norm(row)


def test_repeating_every_episode_changes_neither_gradients_nor_surrogates() -> None:
    """T3, first half: a surrogate in wrong units would double."""
    policy = make_policy()
    batch = make_batch(policy)
    reward, costs = random_advantages(batch)
    doubled = dataclasses.replace(
        batch,
        observations=np.tile(batch.observations, (2, 1)),
        actions=np.tile(batch.actions, (2, 1)),
        rewards=np.tile(batch.rewards, 2),
        costs=np.tile(batch.costs, (1, 2)),
        offsets=np.concatenate([batch.offsets, batch.offsets[1:] + batch.steps]),
    )
    once = _surrogates(policy, batch)
    weights = Weights.of(doubled, np.tile(reward, 2), np.tile(costs, (1, 2)))
    twice = Surrogates(policy, doubled, weights, Workers(1))
    np.testing.assert_allclose(once.gradients(), twice.gradients(), rtol=1e-5, atol=1e-7)
    x = np.full(len(policy.theta), 0.01)
    np.testing.assert_allclose(once.evaluate(x).costs, twice.evaluate(x).costs, rtol=1e-5)


def test_cost_surrogate_predicts_the_per_episode_change_whatever_the_episode_length() -> None:
    """T3: J_C of a linear-Gaussian task, known in closed form, against b along a direction.

    Each step's cost is the action itself and observations do not react, so an episode of length T
    costs T times the mean action: the gradient of J_C by the output bias is T.
    """
    for length in (3, 30):
        policy = make_policy(observation_size=2, action_size=1)
        batch = make_batch(policy, (length,) * (60_000 // length), costs=1)
        costs = batch.actions.T.astype(np.float64) - batch.actions.mean()
        weights = Weights.of(batch, np.zeros(batch.steps), costs)
        b = Surrogates(policy, batch, weights, Workers(1)).gradients()[1]
        bias_of_output = policy.mlp.parameters - 1
        assert b[bias_of_output] == pytest.approx(length, rel=0.03)


@pytest.mark.parametrize("action_size", [1, 2, 10])
def test_kl_of_a_shifted_gaussian_is_summed_over_action_dimensions(action_size: int) -> None:
    """T4: a shift by one σ costs 1/2 nat per dimension, a doubled σ what the formula says."""
    policy = make_policy(action_size=action_size)
    problem = _surrogates(policy, make_batch(policy))
    x = np.zeros(len(policy.theta))
    x[policy.mlp.parameters - action_size : policy.mlp.parameters] = policy.extras.exp().numpy()
    assert problem.evaluate(x).kl == pytest.approx(0.5 * action_size, rel=1e-5)
    wider = np.zeros(len(policy.theta))
    wider[policy.mlp.parameters :] = np.log(2.0)
    expected = action_size * ((4 - 1) / 2 - np.log(2.0))
    assert problem.evaluate(wider).kl == pytest.approx(expected, rel=1e-5)


def test_evaluation_at_zero_is_zero() -> None:
    policy = make_policy()
    result = _surrogates(policy, make_batch(policy)).evaluate(np.zeros(len(policy.theta)))
    assert result.kl == 0.0
    assert result.reward == 0.0
    assert result.costs == (0.0, 0.0)


def test_fold_gradients_have_the_gradient_as_their_weighted_mean() -> None:
    policy = make_policy()
    batch = make_batch(policy, (5, 3, 8, 1, 9, 4, 7))
    parts = fold_episodes(batch.episodes, 3, np.random.default_rng(0))
    assert sorted(np.concatenate(parts)) == list(range(7))
    folded, plain = _surrogates(policy, batch, folds=parts), _surrogates(policy, batch)
    folds, expected = folded.folds(), plain.gradients()
    g = np.einsum("k,kn->n", folds.weights, folds.g)
    B = np.einsum("k,kmn->mn", folds.weights, folds.B)
    np.testing.assert_allclose(g, expected[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(B, expected[1:], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(folded.gradients(), expected, rtol=1e-4, atol=1e-6)


def test_folds_change_neither_the_evaluation_nor_the_fisher_product() -> None:
    policy = make_policy()
    batch = make_batch(policy, (5, 3, 8, 1, 9, 4, 7))
    parts = fold_episodes(batch.episodes, 3, np.random.default_rng(0))
    rows = fisher_rows(batch.steps, 0.5, np.random.default_rng(0))
    folded = _surrogates(policy, batch, rows, folds=parts)
    plain = _surrogates(policy, batch, rows)
    x = np.random.default_rng(1).normal(0, 0.01, len(policy.theta))
    np.testing.assert_array_equal(folded.hessian_product(x), plain.hessian_product(x))
    one, two = folded.evaluate(x), plain.evaluate(x)
    assert one.kl == pytest.approx(two.kl, rel=1e-6)
    assert one.costs == pytest.approx(two.costs, rel=1e-5)


def test_a_fold_gradient_is_the_cost_gradient_of_a_batch_of_that_fold_alone() -> None:
    policy = make_policy()
    batch = make_batch(policy, (4, 7, 1, 5))
    reward, costs = random_advantages(batch)
    alone = dataclasses.replace(
        batch,
        observations=batch.observations[:11],
        actions=batch.actions[:11],
        rewards=batch.rewards[:11],
        costs=batch.costs[:, :11],
        offsets=batch.offsets[:3],
    )
    weights = Weights.of(alone, reward[:11], costs[:, :11])
    expected = Surrogates(policy, alone, weights, Workers(1)).gradients()[1:]
    parts = [np.array([0, 1]), np.array([2, 3])]
    found = _surrogates(policy, batch, folds=parts).folds().B[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_results_are_bit_identical_with_one_and_two_threads() -> None:
    policy = make_policy()
    batch = make_batch(policy, (100,) * 123)
    x = np.random.default_rng(1).normal(0, 0.01, (2, len(policy.theta)))
    results = []
    for threads in (1, 2):
        problem = _surrogates(policy, batch, threads=threads)
        results.append((problem.gradients(), problem.hessian_product(x), problem.evaluate(x[0])))
    for one, two in zip(*results, strict=True):
        assert np.array_equal(np.asarray(one, object), np.asarray(two, object))


def test_epsilon_is_the_largest_weighted_cost_advantage() -> None:
    policy = make_policy()
    batch = make_batch(policy)
    _, costs = random_advantages(batch)
    problem = _surrogates(policy, batch)
    found = problem.largest_advantages(np.zeros(len(policy.theta)))
    np.testing.assert_allclose(found, np.abs(costs).max(axis=1), rtol=1e-6)
    x = np.random.default_rng(1).normal(0, 0.01, len(policy.theta))
    moved = policy.moved(x)
    ratio = np.exp(
        _log_prob(moved, batch.observations, batch.actions)
        - _log_prob(policy, batch.observations, batch.actions)
    )
    expected = np.abs(costs * ratio).max(axis=1)
    np.testing.assert_allclose(problem.largest_advantages(x), expected, rtol=1e-5)
    problem.evaluate(x)
    np.testing.assert_allclose(problem.largest_advantages(x), expected, rtol=1e-5)


def _log_prob(policy: Policy, observations: Array, actions: Array) -> Array:
    distribution = _distribution(policy, policy.theta.double(), observations)
    return distribution.log_prob(torch.from_numpy(actions).double()).numpy()
