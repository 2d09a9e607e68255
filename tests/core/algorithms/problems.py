"""A local problem small enough to know everything about: curved surrogates in a few dimensions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cpo_core.learners.base import Evaluation
from cpo_core.solvers.cross_fit import Folds

Vector = NDArray[np.float64]


@dataclass
class CurvedProblem:
    """Surrogates g·x - a|x|²/2 and b_i·x + k_i|x|²/2, KL ½ xᵀHx + κ|x|³."""

    g: Vector
    B: Vector
    c: Vector
    H: Vector = field(default_factory=lambda: np.diag([1.0, 2.0, 4.0]))
    delta: float = 0.02
    reward_curvature: float = 0.0
    cost_curvature: float = 0.0
    kl_skew: float = 0.0
    cg_steps: int = 20
    damping: float = 0.0
    line_search_steps: int = 15
    line_search_decay: float = 0.8
    line_search_fit: bool = False
    folds: Folds | None = None

    def hessian_product(self, x: Vector) -> Vector:
        """H x, row by row."""
        return x @ self.H

    def evaluate(self, x: Vector) -> Evaluation:
        """The curved truth at x."""
        square = float(x @ x)
        kl = float(0.5 * x @ self.H @ x) + self.kl_skew * square**1.5
        costs = self.B @ x + self.cost_curvature * square / 2
        return Evaluation(
            kl, float(self.g @ x) - self.reward_curvature * square / 2, tuple(costs.tolist())
        )


def make_problem(
    c: tuple[float, ...] = (-0.05, -1.0), *, seed: int = 0, **changes: object
) -> CurvedProblem:
    """Random g and b_i in three dimensions, each b_i partly along g so that limits bind."""
    rng = np.random.default_rng(seed)
    g = rng.normal(size=3)
    B = rng.normal(size=(len(c), 3)) + g
    return CurvedProblem(g=g, B=B, c=np.array(c), **changes)  # pyright: ignore[reportArgumentType]
