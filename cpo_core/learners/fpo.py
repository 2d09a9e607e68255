"""Fixed-penalty optimization: the paper's reward-shaping baseline (section 8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cpo_core.learners.base import LocalProblem, Update
from cpo_core.learners.trpo import unconstrained_update
from cpo_core.spec.parameters import ConfigError, Problem, param


@dataclass(frozen=True)
class Options:
    """How much a unit of cost is worth in reward."""

    nu: tuple[float, ...] = param(
        (1.0,), "Penalties ν", "Reward taken away per unit of each cost; one value counts for all "
        "costs. The paper tries 1, 5 and 50.", ge=0,
    )  # fmt: skip


class FPO:
    """TRPO on R - Σ ν_i C_i with penalties that a person chose."""

    name = "fpo"
    title = "FPO"
    summary = (
        "Subtracts a fixed penalty per unit of cost: too conservative or infeasible, by its size."
    )
    Options = Options
    keeps_limits = False

    def __init__(self, options: Options, limits: tuple[float, ...]) -> None:
        nu = options.nu * len(limits) if len(options.nu) == 1 else options.nu
        if len(nu) != len(limits):
            message = f"give one penalty, or one for each of the {len(limits)} costs"
            raise ConfigError([Problem("options.nu", message)])
        self.nu = nu

    def initial_state(self) -> dict[str, Any]:
        """Nothing is carried from update to update."""
        return {}

    def penalties(self, state: dict[str, Any]) -> tuple[float, ...]:
        """The chosen ν."""
        return self.nu

    def update(self, problem: LocalProblem, state: dict[str, Any]) -> Update:
        """A step on the penalised reward; the limits play no part."""
        return unconstrained_update(problem)


ALGORITHM = FPO
