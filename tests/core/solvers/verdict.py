"""What must be true of a Step, against the independent optimum of the same problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cpo_core.solvers.trust_region import Case, Step
from tests.core.solvers.instances import Instance
from tests.core.solvers.oracle import best_in_ball

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

FEASIBLE = (Case.REWARD, Case.BOUNDARY, Case.RECOVERABLE)


def whitened(
    instance: Instance, directions: Matrix | None = None, coarsest: float = 0.0
) -> tuple[Vector, Matrix]:
    """g and B where the trust region is the unit ball; within span(directions) if given.

    Directions that differ by less than `coarsest`, relative, then count as one.
    """
    root = np.linalg.cholesky(instance.H)
    radius = np.sqrt(2 * instance.delta)
    a = np.linalg.solve(root, instance.g) * radius
    A = np.linalg.solve(root, instance.B.T).T * radius
    if directions is not None:
        seen = directions[np.linalg.norm(directions, axis=1) > 0] @ root
        seen = seen / np.linalg.norm(seen, axis=1, keepdims=True)
        _, singular, basis = np.linalg.svd(seen, full_matrices=False)
        basis = basis[singular > coarsest]
        a, A = basis @ a, A @ basis.T
    return a, A


def assert_sound(instance: Instance, step: Step) -> None:
    """Finite, within the trust region, and within the limits if the case says so (1e-9)."""
    assert np.all(np.isfinite(step.x))
    assert 0.5 * step.x @ instance.H @ step.x <= instance.delta * (1 + 1e-9)
    assert np.isfinite(step.lam)
    assert np.all(np.isfinite(step.nu))
    if step.case in FEASIBLE:
        assert np.all(instance.c + instance.B @ step.x <= 1e-9 * _reach(instance)), instance.kind


def assert_optimal(instance: Instance, step: Step) -> None:
    """Sound, feasible if anything is, and as good as the optimum.

    Objective within 1e-8 of the largest change g·x that the trust region allows.
    """
    assert_sound(instance, step)
    best = _best(instance)
    if (best is None) != (step.case not in FEASIBLE) and step.case != Case.HOLD:
        # Planes that meet in a single point, or only touch the ball, may miss each other by
        # rounding; shifting all by 1e-9 must then settle it the other way.
        shift = -1e-9 if best is None else 1e-9
        shifted = replace(instance, c=instance.c + shift * _reach(instance))
        assert (_best(shifted) is None) == (step.case not in FEASIBLE), (instance.kind, step.case)
        return
    if step.case == Case.HOLD:
        assert best is None or np.all(instance.c <= 0)
    if best is None:
        return
    # The objective at a touching plane moves with the square root of the data's rounding.
    tolerance = 1e-5 if "tangent" in instance.kind else 1e-8
    assert abs(_objective(instance, step) - best) <= tolerance, (instance.kind, step)


def assert_optimal_in_span(instance: Instance, step: Step, directions: Matrix) -> None:
    """Sound, and as good as the optimum within the span of `directions`.

    Rounding alone tells parallel directions apart, and each that it does is a whole dimension. So
    the step must reach the optimum among directions that clearly differ, and cannot pass that
    among all of them.
    """
    assert_sound(instance, step)
    if step.case not in FEASIBLE:
        if "tangent" not in instance.kind and step.case == Case.RECOVERY:
            assert _best(instance, directions, 1e-6) is None
        return
    tolerance = 1e-5 if "tangent" in instance.kind else 1e-8
    lowest, highest = (_best(instance, directions, cut) for cut in (1e-6, 0.0))
    assert lowest is None or _objective(instance, step) >= lowest - tolerance, instance.kind
    assert highest is None or _objective(instance, step) <= highest + tolerance, instance.kind


def _best(
    instance: Instance, directions: Matrix | None = None, coarsest: float = 0.0
) -> float | None:
    """Largest feasible g·x, as a share of the largest change that the trust region allows."""
    gain = np.linalg.norm(whitened(instance)[0])
    a, A = whitened(instance, directions, coarsest)
    size = np.linalg.norm(a)
    best = best_in_ball(a / size if size > 0 else a, A, instance.c)
    return best and best[0] * float(size / gain if gain > 0 else 0.0)


def _reach(instance: Instance) -> Vector:
    """The scale of each constraint: what the trust region can change, or the excess."""
    return np.maximum(np.linalg.norm(whitened(instance)[1], axis=1), np.abs(instance.c))


def _objective(instance: Instance, step: Step) -> float:
    gain = float(np.linalg.norm(whitened(instance)[0]))
    return float(instance.g @ step.x) / gain if gain > 0 else 0.0
