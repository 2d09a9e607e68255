"""The ball without units: corners that a closed form gets wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cpo_core.solvers.unit_ball import least_violation, maximise


def test_a_plane_that_only_touches_the_ball_is_not_taken_for_the_optimum() -> None:
    """Its one point is feasible and has multipliers 0, but the slope there is not 0."""
    almost = math.nextafter(-1.0, 0.0)
    found = maximise(
        np.array([1.0, 0.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([almost, -0.5])
    )
    assert found is not None
    assert found.z[0] == pytest.approx(0.5)


def test_a_touching_plane_leaves_its_one_point() -> None:
    found = maximise(np.array([0.0, 1.0]), np.array([[1.0, 0.0]]), np.array([1.0]))
    assert found is not None
    np.testing.assert_allclose(found.z, [-1.0, 0.0], atol=1e-12)
    assert math.isfinite(found.lam)


def test_nothing_is_found_between_planes_that_exclude_each_other() -> None:
    planes = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert maximise(np.array([0.0, 1.0]), planes, np.array([0.1, 0.1])) is None
    assert maximise(np.array([0.0, 1.0]), planes[:1], np.array([1.1])) is None


def test_among_equally_good_points_the_nearest_is_taken() -> None:
    found = maximise(np.array([1.0, 0.0]), np.array([[1.0, 0.0]]), np.array([-0.4]))
    assert found is not None
    np.testing.assert_allclose(found.z, [0.4, 0.0], atol=1e-15)


def test_nothing_to_lower_means_no_move() -> None:
    z = least_violation(np.eye(2), np.array([-0.5, -0.5]), np.array([False, False]))
    assert not z.any()
