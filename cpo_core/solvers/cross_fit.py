"""Linear terms of the constraints taken across folds of the batch.

The batch shows b + noise, and the step is built from the same noise, so the in-sample product
overstates what a step lowers: E[b̂ᵀH⁻¹b̂] = bᵀH⁻¹b + tr(H⁻¹Cov b̂). Products between different folds
of episodes have no such term. Only the constraints' linear terms are replaced: the Gram matrix is
a property of the step, and reward terms across folds flip sign when there is no signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from cpo_core.solvers.span import to_matrix

Array = Any


@dataclass(frozen=True)
class Folds:
    """Gradients of K >= 2 folds of whole episodes, in the units of the full batch.

    `g` (K, n), `B` (K, m, n): the fold's own surrogates, per episode, so that the weighted means
    over folds are the batch's g and B. `weights` (K,): each fold's share of the episodes, sum 1.
    """

    g: Array
    B: Array
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        K = len(self.weights)
        if K < 2 or self.g.shape[0] != K or self.B.shape[0] != K:
            shapes = f"g {tuple(self.g.shape)}, B {tuple(self.B.shape)}, {K} weights"
            raise ValueError(f"folds: give the same number, at least 2, of each; got {shapes}")

    def gradients(self) -> Array:
        """All right-hand sides, fold by fold: (K (m+1), n), each fold g first."""
        xp = array_namespace(self.g)
        rows = [xp.concat([self.g[k][None], self.B[k]]) for k in range(len(self.weights))]
        return xp.concat(rows)

    def mean(self, solutions: Array) -> Array:
        """Weighted mean over folds of (K (m+1), n) solutions: the directions (m+1, n)."""
        size = self.B.shape[1] + 1
        parts = (
            weight * solutions[k * size : (k + 1) * size] for k, weight in enumerate(self.weights)
        )
        return sum(parts, start=0.0 * solutions[:size])

    def linear_terms(self, solutions: Array) -> NDArray[np.float64]:
        """b_i·u_j across folds, (m, m+1): mean over k ≠ l of b_i^(k)·u_j^(l), weighted.

        `solutions` (K (m+1), n) are u_j^(l) = H⁻¹ of each row of :meth:`gradients`; column 0 is v.
        """
        K, m = len(self.weights), self.B.shape[1]
        B = self.B.reshape(K * m, -1)
        products = to_matrix(B @ solutions.T, (K, m, K, m + 1))
        weights = np.outer(self.weights, self.weights) * (1 - np.eye(K))
        return np.einsum("kl,kilj->ij", weights / weights.sum(), products)
