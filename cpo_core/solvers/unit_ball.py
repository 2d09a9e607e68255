"""Linear objective, unit ball, a few half-spaces: the update in coordinates without units.

Every half-space is c_i + a_i·z <= 0 with |a_i| = 1, so c_i is its distance from the centre in
radii of the trust region: above 1 it is out of reach, below -1 it can never bind. Exact, by
enumerating active sets from the smallest up; nothing here knows of policies or of a metric.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

FEASIBLE = 1e-11
"""Violation, in radii, that rounding may cause at a point meant to lie on its planes."""
_DEPENDENT = 1e-12
"""Singular value under which the normals of an active set count as linearly dependent."""
_STATIONARY = 1e-13
"""Share of the objective left along a face under which the whole face is optimal."""
_TOUCHING = 1e-15
"""1 - distance² under which planes only touch the ball: one point, without multipliers."""
_DUAL = 1e-12
"""How far below zero a multiplier of a unit objective may be rounded."""


@dataclass(frozen=True)
class Optimum:
    """`z` (k,) with multipliers: a = λ z + Σ ν_i a_i, for a unit a."""

    z: Vector
    lam: float
    nu: Vector


def maximise(a: Vector, normals: Matrix, offsets: Vector) -> Optimum | None:
    """Maximise a·z with offsets + normals z <= 0 and |z| <= 1; None when nothing is feasible.

    `a` (k,) has length 1 or 0, `normals` (m, k) have rows of length 1, `offsets` (m,). Among
    equally good points the one of least length is returned. The optimum lies on the face of some
    set of linearly independent normals: there it is the face's point nearest the centre, moved
    along the projection of `a` to the sphere. By convexity the first feasible one with multipliers
    >= 0 is optimal, so the exponential worst case is only met when many constraints bind.
    """
    if np.any(offsets > 1 + FEASIBLE):
        return None
    relevant = np.flatnonzero(offsets > -1)
    best: tuple[float, Optimum] | None = None
    for active in _subsets(relevant, len(a)):
        found = _on_face(a, normals[active], offsets[active])
        if found is None:
            continue
        z, lam, multipliers, stationary = found
        if np.any(offsets + normals @ z > FEASIBLE * np.maximum(1.0, np.abs(offsets))):
            continue
        nu = np.zeros(len(offsets))
        nu[active] = np.maximum(multipliers, 0.0)
        optimum = Optimum(z, lam, nu)
        if stationary and np.all(multipliers >= -_DUAL):
            return optimum
        # A single feasible point has no finite multipliers, and rounding can hide them in a corner.
        if best is None or a @ z > best[0] + FEASIBLE:
            best = (float(a @ z), optimum)
    return best and best[1]


def least_violation(normals: Matrix, offsets: Vector, lower: Vector) -> Vector:
    """Minimise Σ (offset_i + normal_i·z)_+ over the i of mask `lower`, in the unit ball.

    Constraints that hold stay held and violated ones do not rise: normal_i·z <= max(-offset_i, 0).
    z = 0 satisfies that, so there is always an answer. The sum is the largest, over subsets U, of
    the linear Σ_{i in U}; hence the best z is the minimiser for its own U, the set that stays
    violated, with the rest of `lower` brought to its limit.
    """
    wanted = np.flatnonzero(lower)
    best_total, best = math.inf, np.zeros(normals.shape[1])
    for size in range(len(wanted), 0, -1):
        for remaining in itertools.combinations(wanted, size):
            U = list(remaining)
            bounds = np.minimum(offsets, 0.0)
            satisfied = np.setdiff1d(wanted, U)
            bounds[satisfied] = offsets[satisfied]
            optimum = maximise(unit(-normals[U].sum(axis=0)), normals, bounds)
            if optimum is None:
                continue
            after = offsets + normals @ optimum.z
            total = float(np.maximum(after[wanted], 0.0).sum())
            if total < best_total - FEASIBLE:
                best_total, best = total, optimum.z
            # For U = everything the linear sum bounds the total from below.
            if size == len(wanted) and np.all(after[wanted] >= 0):
                return optimum.z
    return best


def unit(a: Vector) -> Vector:
    """a / |a|, or zero when a is zero up to the rounding of a sum of unit vectors."""
    length = float(np.linalg.norm(a))
    return a / length if length > _DEPENDENT else np.zeros_like(a)


def _subsets(items: NDArray[np.intp], largest: int) -> Iterator[list[int]]:
    for size in range(min(len(items), largest) + 1):
        for subset in itertools.combinations(items.tolist(), size):
            yield list(subset)


def _on_face(
    a: Vector, normals: Matrix, offsets: Vector
) -> tuple[Vector, float, Vector, bool] | None:
    """Best z on all the given planes within the ball, λ, the planes' multipliers, and whether
    a = λ z + Σ ν_i a_i holds with them; None when the planes do not meet within the ball."""
    if len(normals) == 0:
        length = float(np.linalg.norm(a))
        return (a / length if length > 0 else a), length, np.zeros(0), True
    left, singular, right = np.linalg.svd(normals, full_matrices=False)
    if singular[-1] < _DEPENDENT:
        return None
    nearest = -right.T @ ((left.T @ offsets) / singular)
    room = 1.0 - float(nearest @ nearest)
    if room < -FEASIBLE:
        return None
    nearest = nearest / max(1.0, float(np.linalg.norm(nearest)))
    along = a - right.T @ (right @ a)
    along = along - right.T @ (right @ along)
    slope = float(np.linalg.norm(along))
    if slope <= _STATIONARY:
        return nearest, 0.0, left @ ((right @ a) / singular), True
    if room <= _TOUCHING:
        return nearest, 0.0, np.zeros(len(normals)), False
    reach = math.sqrt(room)
    z, lam = nearest + (reach / slope) * along, slope / reach
    return z, lam, left @ ((right @ (a - lam * z)) / singular), True
