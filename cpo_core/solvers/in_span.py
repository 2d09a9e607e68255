"""The update's small problem: everything that is left of it inside span(v, w_1..w_m).

It takes the Gram matrix and the linear terms separately. The Gram matrix says what KL a step
costs, which is a property of the step; the linear terms say what a step brings, which is an
estimate and may come from another part of the batch (`cpo_core.solvers.cross_fit`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cpo_core.solvers.unit_ball import (
    FEASIBLE,
    Matrix,
    Vector,
    least_violation,
    maximise,
)

Mask = NDArray[np.bool_]

_FLAT = 1e-13
"""Eigenvalue of the scaled Gram matrix under which a direction is only rounding."""
_POWERLESS = 1e-14
"""Reach of a constraint, relative to |c_i|, under which its gradient is only rounding."""


class Case(StrEnum):
    """What kind of step the linear-quadratic model allows."""

    REWARD = "reward_step"
    """All costs within limits, and no constraint changes the step."""
    BOUNDARY = "boundary"
    """All costs within limits, and at least one constraint bends the step."""
    RECOVERABLE = "recoverable"
    """A cost is over its limit, and one step can bring all of them back."""
    RECOVERY = "recovery"
    """No step within the trust region satisfies all limits: violations are lowered instead."""
    UNKNOWN = "unknown"
    """A cost is over its limit, and the batch does not know how to lower it: no step."""
    HOLD = "hold"
    """No step improves anything."""


@dataclass(frozen=True)
class SpanStep:
    """Solution (k,) in the basis of the Gram matrix, with its multipliers (0 in recovery)."""

    coordinates: Vector
    case: Case
    lam: float
    nu: Vector


def solve_in_span(
    gram: Matrix,
    reward: Vector,
    costs: Matrix,
    c: Vector,
    delta: float,
    unknown: Mask | None = None,
    guards: Mask | None = None,
) -> SpanStep:
    """Maximise reward·y with c + costs y <= 0 and ½ yᵀ gram y <= delta.

    Shapes: `gram` (k, k), `reward` (k,), `costs` (m, k), `c` (m,). A constraint of mask `unknown`
    (m,) is not expected to be lowered by any step; one of mask `guards` (m,) is kept, but recovery
    does not aim at it (it is another view of a constraint that recovery aims at).

    With λ > 0 the solution obeys reward = λ gram y + Σ ν_i costs_i (eq. 12 and 13 in the maximising
    convention, with δ for the printed δ/2; for one constraint this is Theorem 2 with r of the
    opposite sign). All tests are relative, so scaling any (costs_i, c_i), the reward or the metric
    changes nothing else.

    If no y satisfies all constraints, the recovery is the one of least total scaled violation:
    minimise Σ (c_i + costs_i·y)_+ / (reach of i), reach being the largest change of cost i that the
    trust region allows, while no satisfied cost leaves its limit and no violated one rises, and
    no further than to the limits. For one constraint that is eq. 14.
    See docs/adr/0003-recovery-of-several-costs.md.
    """
    whiten = _whitening(gram) * math.sqrt(2 * delta)
    rows, slope = costs @ whiten, reward @ whiten
    reach = np.linalg.norm(rows, axis=1)
    powerless = reach <= _POWERLESS * np.abs(c)
    hopeless = (c > 0) & (powerless if unknown is None else powerless | unknown)

    kept = np.flatnonzero(~powerless)
    normals, offsets = rows[kept] / reach[kept, None], c[kept] / reach[kept]
    gain = float(np.linalg.norm(slope))
    direction = slope / gain if gain > 0 else slope

    optimum = None if hopeless.any() else maximise(direction, normals, offsets)
    if optimum is not None:
        nu = np.zeros(len(c))
        nu[kept] = optimum.nu * gain / reach[kept]
        lam = optimum.lam * gain / (2 * delta)
        case = _feasible_case(c, optimum.z, nu)
        return SpanStep(whiten @ optimum.z, case, lam, nu)

    lower = (c > 0) & ~hopeless & (True if guards is None else ~guards)
    z = least_violation(normals, offsets, lower[kept])
    z = _no_further_than_needed(z, normals[lower[kept]], offsets[lower[kept]])
    case = Case.RECOVERY if z.any() else _stuck_case(hopeless, unknown)
    return SpanStep(whiten @ z, case, 0.0, np.zeros(len(c)))


def _feasible_case(c: Vector, z: Vector, nu: Vector) -> Case:
    if not z.any():
        return Case.HOLD
    if np.any(c > 0):
        return Case.RECOVERABLE
    return Case.BOUNDARY if nu.any() else Case.REWARD


def _no_further_than_needed(z: Vector, normals: Matrix, offsets: Vector) -> Vector:
    """The share of z that just brings all of these violated constraints to their limits, if z does.

    That happens when a cost that no step can lower made this a recovery: the others need no more.
    """
    change = normals @ z
    if not (len(change) and z.any()) or np.any(offsets + change > FEASIBLE):
        return z
    return z * min(1.0, float(np.max(offsets / -change)))


def _stuck_case(hopeless: Mask, unknown: Mask | None) -> Case:
    return Case.UNKNOWN if unknown is not None and np.any(hopeless & unknown) else Case.HOLD


def _whitening(gram: Matrix) -> Matrix:
    """P (k, r) with Pᵀ gram P = I, over the directions in which the gram matrix is not zero."""
    diagonal = np.diagonal(gram)
    scale = np.zeros(len(gram))
    scale[diagonal > 0] = 1 / np.sqrt(diagonal[diagonal > 0])
    values, vectors = np.linalg.eigh(scale[:, None] * gram * scale)
    seen = values > _FLAT * max(len(gram), 1)
    return scale[:, None] * vectors[:, seen] / np.sqrt(values[seen])
