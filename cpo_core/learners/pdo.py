"""Primal-dual optimization (Chow et al. 2017), the paper's Lagrangian baseline (section 10.3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cpo_core.learners.base import LocalProblem, Update
from cpo_core.learners.trpo import unconstrained_update
from cpo_core.spec.parameters import param


@dataclass(frozen=True)
class Options:
    """How the penalties start and learn."""

    alpha: float = param(
        0.01, "Penalty learning rate α", "Penalty added per unit of cost over the limit, each "
        "iteration.", gt=0,
    )  # fmt: skip
    nu_0: float = param(0.0, "Initial penalty ν₀", "Penalty of every cost at the start.", ge=0)


class PDO:
    """TRPO on R - Σ ν_i C_i, with penalties that rise while their cost is over its limit."""

    name = "pdo"
    title = "PDO"
    summary = (
        "Primal–dual (Lagrangian): adapts one penalty per cost; limits hold at convergence, not on "
        "the way."
    )
    Options = Options
    keeps_limits = False

    def __init__(self, options: Options, limits: tuple[float, ...]) -> None:
        self.options, self.limits = options, limits

    def initial_state(self) -> dict[str, Any]:
        """`nu`: one penalty per cost."""
        return {"nu": [self.options.nu_0] * len(self.limits)}

    def penalties(self, state: dict[str, Any]) -> tuple[float, ...]:
        """The learned ν; one value function is fitted to R - Σ ν_i C_i."""
        return tuple(state["nu"])

    def update(self, problem: LocalProblem, state: dict[str, Any]) -> Update:
        """A primal step on the penalised reward, then ν_i <- (ν_i + α (J_Ci - d_i))_+."""
        nu = [
            max(old + self.options.alpha * float(excess), 0.0)
            for old, excess in zip(state["nu"], problem.c, strict=True)
        ]
        return replace(unconstrained_update(problem), state={"nu": nu})


ALGORITHM = PDO
