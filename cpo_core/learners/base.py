"""What an algorithm is: the inner lines of the paper's Algorithm 1, given the local problem.

Array-agnostic and light: flat vectors with `@ + - *`, Python floats, no torch. The same code runs
on the trainer's float64 vectors and on two-dimensional NumPy problems in the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from cpo_core.solvers.cross_fit import Folds
from cpo_core.solvers.in_span import Case
from cpo_core.solvers.line_search import (
    Evaluation,
    Search,
    along_ray,
    cost_margins,
    search,
    unchanged,
)
from cpo_core.solvers.smaller_regions import SmallerRegions
from cpo_core.solvers.trust_region import LocalModel, Step

__all__ = ["Algorithm", "Evaluation", "Folds", "LocalProblem", "Update", "take_step"]

Vector = Any
"""Flat float64 parameter vector of shape (n,)."""


class LocalProblem(Protocol):
    """The policy's neighbourhood: maximise g·x, c_i + b_i·x <= 0, ½xᵀHx <= delta (eq. 11).

    `g` (n,), `B` (m, n) and `c` (m,): gradients of the reward surrogate and of each cost surrogate,
    and J_Ci - d_i (+ correction), all three cost quantities per episode. `folds` is None for plain
    CPO; with it, the constraints' linear terms are taken across folds of episodes.
    """

    g: Vector
    B: Vector
    c: Vector
    delta: float
    cg_steps: int
    damping: float
    line_search_steps: int
    line_search_decay: float
    line_search_fit: bool
    folds: Folds | None

    def hessian_product(self, x: Vector) -> Vector:
        """H x; `x` is (n,) or a block (k, n) and the result has its shape."""
        ...

    def evaluate(self, x: Vector) -> Evaluation:
        """The true surrogates and KL at theta + x on the whole batch."""
        ...


@dataclass(frozen=True)
class Update:
    """What an algorithm decided. `x` is the accepted change (exactly zero when rejected or held).

    `case` names the kind of step (`cpo_core.solvers.trust_region.Case`), accepted or not;
    `fraction` is the accepted line-search factor (0: rejected); `tries` the number of evaluations
    (0: the case allows no step). `nu` and `r` always have m entries; `S` is () where the algorithm
    has no constraints.
    `promised_reward` and `promised_costs` are the linear model's change at the accepted x;
    `crossfit_costs` the same across folds (None without cross-fitting).
    `gram` is the (m+1)x(m+1) matrix of (v, w_1..w_m) in the metric H, `coordinates` the full step
    in that basis, `unconstrained` the step that ignores the constraints and `taken` the accepted
    x, for the drawing.
    """

    x: Vector
    case: str
    accepted: bool
    fraction: float
    tries: int
    evaluation: Evaluation
    lam: float = 0.0
    nu: tuple[float, ...] = ()
    q: float = 0.0
    r: tuple[float, ...] = ()
    S: tuple[tuple[float, ...], ...] = ()
    promised_reward: float = 0.0
    promised_costs: tuple[float, ...] = ()
    crossfit_costs: tuple[float, ...] | None = None
    gram: tuple[tuple[float, ...], ...] = ()
    coordinates: tuple[float, ...] = ()
    unconstrained: tuple[float, ...] = ()
    taken: tuple[float, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)


class Algorithm(Protocol):
    """One algorithm, one file. Constructed with its parsed Options and the limits (m,)."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    Options: ClassVar[type]
    keeps_limits: ClassVar[bool]
    """Whether updates aim at c <= 0: limit tracking corrects c only for those that do."""

    def __init__(self, options: Any, limits: tuple[float, ...]) -> None: ...

    def initial_state(self) -> dict[str, Any]:
        """JSON-ready state that is checkpointed between updates (dual variables, say)."""
        ...

    def penalties(self, state: dict[str, Any]) -> tuple[float, ...]:
        """ν_i (m,): the reward used for advantages and values is R - Σ ν_i C_i. Zeros for CPO."""
        ...

    def update(self, problem: LocalProblem, state: dict[str, Any]) -> Update:
        """Choose and line-search one step; `Update.state` is the next state."""
        ...


def take_step(problem: LocalProblem, model: LocalModel, *, backtrack: str = "ray") -> Update:
    """Solve `model` at the problem's c and δ and search the whole batch; the state is {}.

    A model without constraints (m = 0) ignores the costs. Otherwise cost surrogates stay within
    max(d_i - J_Ci, 0), and the reward must improve only while no cost is over its limit.
    `backtrack`: "ray" shortens the step, "region" solves again in smaller trust regions.
    """
    c = [float(excess) for excess in problem.c]
    constrained = model.constraints > 0
    step = model.step(c if constrained else (), problem.delta)
    if step.case in (Case.HOLD, Case.UNKNOWN):
        return _update(problem, step, step, unchanged(step.x, len(c)), 0.0)
    regions = SmallerRegions(model, c, problem.delta, step) if backtrack == "region" else None
    found = search(
        regions or along_ray(step.x),
        problem.evaluate,
        delta=problem.delta,
        margins=cost_margins(c) if constrained else (math.inf,) * len(c),
        reward_must_improve=not constrained or all(excess <= 0 for excess in c),
        steps=problem.line_search_steps,
        decay=problem.line_search_decay,
        fit=problem.line_search_fit,
    )
    if regions is None:
        return _update(problem, step, step, found, found.fraction)
    return _update(problem, step, regions.step, found, float(found.accepted))


def _update(problem: LocalProblem, step: Step, taken: Step, found: Search, share: float) -> Update:
    """`step` is the model's answer; the accepted x is `share` of `taken`."""
    nothing = (0.0,) * len(found.evaluation.costs)
    crossfit = taken.crossfit_cost
    return Update(
        x=found.x,
        case=step.case,
        accepted=found.accepted,
        fraction=found.fraction,
        tries=found.tries,
        evaluation=found.evaluation,
        lam=step.lam,
        nu=tuple(step.nu.tolist()) or nothing,
        q=step.q,
        r=tuple(step.r.tolist()) or nothing,
        S=_rows(step.S),
        promised_reward=float(problem.g @ found.x),
        promised_costs=tuple((problem.B @ found.x).tolist()),
        crossfit_costs=None if crossfit is None else tuple((share * crossfit).tolist()),
        gram=_rows(step.gram),
        coordinates=tuple(step.coordinates.tolist()),
        unconstrained=tuple(step.unconstrained.tolist()),
        taken=tuple((share * taken.coordinates).tolist()),
    )


def _rows(matrix: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
