"""The kinematic point by hand, and the same in torch."""

from __future__ import annotations

import numpy as np
import torch

from cpo_core.tasks.point import Point


def _move(state: tuple[float, float, float], action: tuple[float, float], size: float = 40.0):
    point = Point(size)
    return point.move(np.array([state]), point.cut(np.array([action])))[0]


def test_the_point_turns_first_and_then_moves_along_its_heading() -> None:
    np.testing.assert_allclose(
        _move((1.0, 2.0, 0.0), (0.5, 0.2)), [1 + 0.5 * np.cos(0.2), 2 + 0.5 * np.sin(0.2), 0.2]
    )


def test_moves_and_turns_are_cut_to_their_ranges() -> None:
    np.testing.assert_allclose(_move((0, 0, 0), (9.0, 9.0)), _move((0, 0, 0), (1.0, 0.25)))
    np.testing.assert_allclose(_move((0, 0, 0), (-9.0, -9.0)), _move((0, 0, 0), (-1.0, -0.25)))


def test_the_square_holds_the_point_and_its_velocity_is_what_it_moved() -> None:
    point = Point(6.0)
    before = np.array([[5.8, 0.0, 0.0]])
    action = np.array([[1.0, 0.0]])
    after = point.move(before, action)
    np.testing.assert_allclose(after, [[6.0, 0.0, 0.0]])
    np.testing.assert_allclose(point.motion(after, before, action).velocity, [[0.2, 0.0]])


def test_it_senses_scaled_position_and_heading() -> None:
    state = np.array([[5.0, -10.0, np.pi / 2]])
    sense = Point(40.0).motion(state, state, np.zeros((1, 2))).sense
    np.testing.assert_allclose(sense, [[1.0, -2.0, 0.0, 1.0]], atol=1e-6)


def test_torch_moves_it_alike() -> None:
    rng = np.random.default_rng(0)
    state, action = rng.normal(0, 5, (30, 3)), rng.normal(0, 1, (30, 2))
    point = Point(6.0)
    ours = point.move(torch.from_numpy(state), point.cut(torch.from_numpy(action)))
    np.testing.assert_allclose(ours.numpy(), point.move(state, point.cut(action)), rtol=1e-12)
