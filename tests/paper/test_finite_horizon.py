"""Proposition 2 as reports state it: an undiscounted cost over T steps, computed exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from cpo_core.training.reporting import worst_case

pytestmark = pytest.mark.paper

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """Costs (T, S, A) and moves (T, S, A, S) by time, and where episodes begin (S,)."""

    costs: Array
    moves: Array
    start: Array

    def values(self, policy: Array) -> tuple[Array, Array]:
        """State values (T, S) and advantages (T, S, A) of `policy` (T, S, A)."""
        later = np.zeros(len(self.start))
        values, advantages = np.zeros(policy.shape[:2]), np.zeros(policy.shape)
        for t in reversed(range(len(policy))):
            q = self.costs[t] + self.moves[t] @ later
            values[t] = (policy[t] * q).sum(axis=1)
            advantages[t] = q - values[t][:, None]
            later = values[t]
        return values, advantages

    def visits(self, policy: Array) -> Array:
        """Probability (T, S) of each state at each step."""
        found = [self.start]
        for t in range(len(policy) - 1):
            found.append(np.einsum("s,sa,sak->k", found[-1], policy[t], self.moves[t]))
        return np.stack(found)

    def gap(self, old: Array, new: Array) -> tuple[float, float]:
        """J_C of `new` beyond what the surrogate of `old` says, and beyond which it may not be."""
        values, advantages = self.values(old)
        here = self.visits(old)
        change = (new * advantages).sum(axis=2)
        surrogate = self.start @ values[0] + (here * change).sum()
        kl = (here * (new * np.log(new / old)).sum(axis=2)).sum() / len(old)
        epsilon = float(np.abs(change).max())
        truth = float(self.start @ self.values(new)[0][0])
        return truth - surrogate, worst_case(0.0, epsilon, kl, len(old))


def test_the_reported_bound_holds_for_random_changes_of_random_policies() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        T, S, A = rng.integers(2, 7), 4, 3
        chain = Chain(
            rng.exponential(size=(T, S, A)),
            rng.dirichlet(np.full(S, 0.3), size=(T, S, A)),
            rng.dirichlet(np.ones(S)),
        )
        old = rng.dirichlet(np.ones(A), size=(T, S)) * 0.9 + 0.1 / A
        new = old * np.exp(rng.normal(scale=rng.choice([0.05, 0.5]), size=old.shape))
        new /= new.sum(axis=2, keepdims=True)
        gap, allowed = chain.gap(old, new)
        assert gap <= allowed


def test_the_reported_bound_is_nearly_reached_so_no_smaller_one_would_do() -> None:
    """Two steps. The first leads left or right and costs nothing; the second is so dear that a tiny
    change there costs one thing on the left and the opposite on the right."""
    costs, moves = np.zeros((2, 2, 2)), np.zeros((2, 2, 2, 2))
    moves[0, :, 0, 0] = moves[0, :, 1, 1] = 1.0
    costs[1] = [[0.0, 1e6], [1e6, 0.0]]
    chain = Chain(costs, moves, np.array([1.0, 0.0]))
    old = np.full((2, 2, 2), 0.5)
    new = old.copy()
    new[0, 0] += [0.05, -0.05]
    new[1] += [-1e-6, 1e-6]
    gap, allowed = chain.gap(old, new)
    assert 0 < gap <= allowed <= 1.5 * gap
