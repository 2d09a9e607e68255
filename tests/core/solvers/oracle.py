"""Independent optimum of a trust-region problem, by another route than the solver's.

The solver enumerates active sets on the sphere. Here the maximiser is the limit of projections:
y(t) = argmin_{c + Ay <= 0} |y - t a|, whose length grows with t and meets the radius at the
optimum; each projection is a least-distance problem solved by SciPy's non-negative least squares
(Lawson and Hanson). No code and no formula is shared with `cpo_core.solvers`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_FARTHEST = 1e8
"""Beyond this t a projection that stays inside the ball is at a vertex or on an optimal face."""


def best_in_ball(a: Vector, A: Matrix, c: Vector) -> tuple[float, Vector] | None:
    """max a·y with c + A y <= 0 and |y| <= 1; None when no y does. |a| is 1 or 0."""
    kept = np.linalg.norm(A, axis=1) > 0
    if np.any(c[~kept] > 0):
        return None
    lengths = np.linalg.norm(A[kept], axis=1)
    A, c = A[kept] / lengths[:, None], c[kept] / lengths
    nearest = project(np.zeros_like(a), A, c)
    if nearest is None or np.linalg.norm(nearest) > 1 + 1e-9:
        return None
    low, high, y = 0.0, 1.0, nearest
    while True:
        further = project(high * a, A, c)
        if further is None:
            # Something is feasible, so this is least squares' precision: from so far away a small
            # set looks empty. Its projections have long stood still.
            high = low
            break
        y = further
        if np.linalg.norm(y) >= 1 or high > _FARTHEST:
            break
        low, high = high, 4 * high
    for _ in range(100 if np.linalg.norm(y) >= 1 else 0):
        middle = (low + high) / 2
        y = project(middle * a, A, c)
        assert y is not None
        low, high = (middle, high) if np.linalg.norm(y) < 1 else (low, middle)
        if high - low < 1e-15 * high:
            break
    if high > 1e6:
        # A far target costs digits; short proximal steps land on the planes that hold y.
        for _ in range(3):
            y = project(y + a, A, c)
            assert y is not None
    return float(a @ y), y


def project(point: Vector, A: Matrix, c: Vector) -> Vector | None:
    """Nearest y to `point` with c + A y <= 0 (rows of length 1); None when there is none."""
    if len(c) == 0:
        return point
    gap = c + A @ point
    size = max(1.0, float(np.abs(gap).max()))
    E = np.vstack([-A.T, gap[None] / size])
    target = np.zeros(len(E))
    target[-1] = 1.0
    u, residual = nnls(E, target)
    if residual < 1e-9:
        return None
    r = E @ u - target
    y = point - size * r[:-1] / r[-1]
    return _polished(y, point, A, c, u > 0)


def _polished(y: Vector, point: Vector, A: Matrix, c: Vector, active: NDArray[np.bool_]) -> Vector:
    """Land exactly on the active planes, which least squares only knows to half precision."""
    if not active.any():
        return point.copy()
    moved = point - np.linalg.pinv(A[active], rcond=1e-11) @ (c[active] + A[active] @ point)
    return moved if np.all(c + A @ moved <= 1e-9) else y
