"""Constrained Policy Optimization (Achiam, Held, Tamar, Abbeel, ICML 2017), Algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cpo_core.learners.base import LocalProblem, Update, take_step
from cpo_core.solvers.trust_region import local_model
from cpo_core.spec.parameters import param


@dataclass(frozen=True)
class Options:
    """Limits and trust region belong to the run; this is how a rejected step is shortened."""

    backtracking: str = param(
        "ray", "Backtracking", "ray: the paper's, shares of one step. region: solves again in "
        "smaller trust regions and allows for the costs' curvature, so that a policy at its limit "
        "does not stand still.", choices=("ray", "region"),
    )  # fmt: skip


class CPO:
    """Largest reward improvement in the trust region that keeps every cost within its limit."""

    name = "cpo"
    title = "CPO"
    summary = "Every update keeps all costs within their limits, as far as the batch can tell."
    Options = Options
    keeps_limits = True

    def __init__(self, options: Options, limits: tuple[float, ...]) -> None:
        self.options, self.limits = options, limits

    def initial_state(self) -> dict[str, Any]:
        """Nothing is carried from update to update."""
        return {}

    def penalties(self, state: dict[str, Any]) -> tuple[float, ...]:
        """The reward is learned from as it is."""
        return (0.0,) * len(self.limits)

    def update(self, problem: LocalProblem, state: dict[str, Any]) -> Update:
        """Solve eq. 11 (or its recovery) in span(v, w_1..w_m), then line-search all of eq. 10."""
        model = local_model(
            problem.g,
            problem.B,
            problem.hessian_product,
            cg_steps=problem.cg_steps,
            damping=problem.damping,
            block=True,
            folds=problem.folds,
        )
        return take_step(problem, model, backtrack=self.options.backtracking)


ALGORITHM = CPO
