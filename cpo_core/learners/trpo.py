"""Trust Region Policy Optimization (Schulman et al., ICML 2015): CPO's update without limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cpo_core.learners.base import LocalProblem, Update, take_step
from cpo_core.solvers.trust_region import local_model


@dataclass(frozen=True)
class Options:
    """TRPO has none."""


class TRPO:
    """Largest reward improvement in the trust region; costs are measured and nothing more."""

    name = "trpo"
    title = "TRPO"
    summary = "Maximizes return, ignores limits: shows what they prevent."
    Options = Options
    keeps_limits = False

    def __init__(self, options: Options, limits: tuple[float, ...]) -> None:
        self.limits = limits

    def initial_state(self) -> dict[str, Any]:
        """Nothing is carried from update to update."""
        return {}

    def penalties(self, state: dict[str, Any]) -> tuple[float, ...]:
        """The reward is learned from as it is."""
        return (0.0,) * len(self.limits)

    def update(self, problem: LocalProblem, state: dict[str, Any]) -> Update:
        """x = sqrt(2δ/q) H⁻¹g, line-searched on reward and KL."""
        return unconstrained_update(problem)


def unconstrained_update(problem: LocalProblem) -> Update:
    """TRPO's step on `problem.g`, whatever rewards and penalties that gradient is of."""
    model = local_model(
        problem.g,
        problem.B[:0],
        problem.hessian_product,
        cg_steps=problem.cg_steps,
        damping=problem.damping,
        block=True,
    )
    return take_step(problem, model)


ALGORITHM = TRPO
