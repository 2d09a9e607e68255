"""Constraint-Rectified Policy Optimization (Xu, Liang, Lan, ICML 2021), a primal baseline.

While every cost is within its limit (and a tolerance) it takes TRPO's step; otherwise the natural
step that lowers one cost that is over, here the one furthest over in shares of its limit. Other
costs and the return may suffer meanwhile: nothing ties the two kinds of step together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from cpo_core.learners.base import Evaluation, LocalProblem, Update, take_step
from cpo_core.learners.trpo import unconstrained_update
from cpo_core.solvers.trust_region import local_model
from cpo_core.spec.parameters import param


@dataclass(frozen=True)
class Options:
    """When a cost counts as over its limit."""

    tolerance: float = param(
        0.0, "Tolerance η", "Share of a limit by which its cost may be over before it is lowered.",
        ge=0,
    )  # fmt: skip


class CRPO:
    """Rewards while all costs are within their limits, else the worst cost alone."""

    name = "crpo"
    title = "CRPO"
    summary = (
        "Alternates reward and cost steps (primal switching): a cost step while a cost is over its "
        "limit."
    )
    Options = Options
    keeps_limits = False

    def __init__(self, options: Options, limits: tuple[float, ...]) -> None:
        self.options, self.limits = options, limits

    def initial_state(self) -> dict[str, Any]:
        """Nothing is carried from update to update."""
        return {}

    def penalties(self, state: dict[str, Any]) -> tuple[float, ...]:
        """The reward is learned from as it is."""
        return (0.0,) * len(self.limits)

    def update(self, problem: LocalProblem, state: dict[str, Any]) -> Update:
        """A step on the reward, or against the cost with the largest share over its limit."""
        over = [float(c) / (d or 1.0) for c, d in zip(problem.c, self.limits, strict=True)]
        worst = max(range(len(over)), key=over.__getitem__, default=None)
        if worst is None or over[worst] <= self.options.tolerance:
            return unconstrained_update(problem)
        return self._lower(problem, worst)

    def _lower(self, problem: LocalProblem, cost: int) -> Update:
        """The trust region's step on -b_cost, searched as a reward would be."""
        view: Any = _Lowering(problem, cost)
        model = local_model(
            view.g, problem.B[:0], problem.hessian_product, cg_steps=problem.cg_steps,
            damping=problem.damping, block=True,
        )  # fmt: skip
        found = take_step(view, model)
        evaluation = problem.evaluate(found.x) if found.accepted else found.evaluation
        return replace(
            found,
            case="recovery" if found.accepted else found.case,
            evaluation=evaluation,
            promised_reward=float(problem.g @ found.x),
            promised_costs=tuple((problem.B @ found.x).tolist()),
        )


class _Lowering:
    """The problem with minus one cost in the place of the reward."""

    def __init__(self, problem: LocalProblem, cost: int) -> None:
        self._problem, self._cost = problem, cost
        self.g = -problem.B[cost]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._problem, name)

    def evaluate(self, x: Any) -> Evaluation:
        """The cost's fall counts as the reward."""
        found = self._problem.evaluate(x)
        fall = -found.costs[self._cost]
        return Evaluation(found.kl, fall if math.isfinite(fall) else -math.inf, found.costs)


ALGORITHM = CRPO
