"""Gather: sensor, catching, falling and the end, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cpo_core.tasks.base import Motion
from cpo_core.tasks.gather import CELLS, Gather, caught, readings


def _motion(position=(0.0, 0.0), heading=0.0, *, healthy=True) -> Motion:
    return Motion(
        position=np.array([position]),
        velocity=np.zeros((1, 2)),
        heading=np.array([heading]),
        sense=np.zeros((1, 4)),
        healthy=np.array([healthy]),
        controls=np.zeros((1, 2)),
    )


def _at(angle: float, distance: float) -> tuple[float, float]:
    return distance * math.cos(angle), distance * math.sin(angle)


def _read(motion: Motion, *places: tuple[float, float], present: bool = True) -> np.ndarray:
    values = readings(motion, np.array([places]), np.full((1, len(places)), present))
    return np.stack(values, axis=1)[0]


@pytest.mark.parametrize(
    ("degrees", "bin"),
    [(-89, 0), (-73, 0), (-71, 1), (-1, 4), (1, 5), (71, 8), (89, 9), (90, 9), (-90, 0)],
)
def test_bins_run_from_right_to_left(degrees: float, bin: int) -> None:
    values = _read(_motion(), _at(math.radians(degrees), 3.0))
    assert values[bin] == pytest.approx(0.5)
    assert np.count_nonzero(values) == 1


def test_bins_turn_with_the_heading_and_move_with_the_body() -> None:
    place = _at(1.0 + math.radians(10), 2.0)
    moved = (place[0] + 3.0, place[1] - 1.0)
    values = _read(_motion((3.0, -1.0), heading=1.0), moved)
    assert values[5] == pytest.approx(1 - 2 / 6)


def test_nothing_is_seen_behind_far_away_or_gone() -> None:
    assert not _read(_motion(), (-1.0, 0.1)).any()
    assert not _read(_motion(), (6.1, 0.0)).any()
    assert not _read(_motion(), (2.0, 0.0), present=False).any()


def test_the_nearest_object_wins_its_bin() -> None:
    values = _read(_motion(), (4.0, 0.1), (2.0, 0.1), (5.0, 0.1))
    assert values[5] == pytest.approx(1 - math.hypot(2, 0.1) / 6)


def test_an_object_is_caught_nearer_than_one_metre() -> None:
    places = np.array([[(0.99, 0.0), (0.0, 1.01), (0.0, -0.5)]])
    present = np.array([[True, True, False]])
    assert caught(_motion(), places, present).tolist() == [[True, False, False]]


def _things(**changes) -> dict[str, np.ndarray]:
    things = {
        "apples": np.array([[(2.0, 0.0), (4.0, 4.0)]]),
        "bombs": np.array([[(2.0, 0.5), (-4.0, 0.0)]]),
        "apples_left": np.array([[True, True]]),
        "bombs_left": np.array([[True, True]]),
    }
    return things | {name: np.array([values]) for name, values in changes.items()}


def test_an_apple_gives_ten_a_bomb_costs_one_and_both_vanish() -> None:
    outcome, left = Gather(2, 2).judge(_motion(), _motion((2.0, 0.2)), _things())
    assert (outcome.rewards[0], outcome.costs[0, 0]) == (10.0, 1.0)
    assert left["apples_left"].tolist() == [[False, True]]
    assert left["bombs_left"].tolist() == [[False, True]]
    assert not outcome.terminated[0]
    again, _ = Gather(2, 2).judge(_motion(), _motion((2.0, 0.2)), {**_things(), **left})
    assert (again.rewards[0], again.costs[0, 0]) == (0.0, 0.0)


def test_a_fall_takes_ten_and_ends_the_episode() -> None:
    outcome, _ = Gather(2, 2, fall=10.0).judge(_motion(), _motion(healthy=False), _things())
    assert outcome.rewards[0] == -10
    assert outcome.terminated[0]


def test_the_episode_ends_when_nothing_is_left() -> None:
    things = _things(apples_left=[True, False], bombs_left=[False, False])
    outcome, _ = Gather(2, 2).judge(_motion(), _motion((2.0, 0.0)), things)
    assert outcome.terminated[0]


def test_objects_lie_on_different_cells_of_the_papers_grid_all_equally_often() -> None:
    things = Gather(2, 8).begin(np.random.default_rng(0), 4000)
    places = np.concatenate([things["apples"], things["bombs"]], axis=1)
    assert len(CELLS) == 35
    assert set(map(tuple, places.reshape(-1, 2))) == set(map(tuple, CELLS))
    assert np.hypot(*places.reshape(-1, 2).T).min() >= 2
    assert all(len(set(map(tuple, world))) == 10 for world in places[:200])
    _, counts = np.unique(places.reshape(-1, 2), axis=0, return_counts=True)
    assert counts.std() / counts.mean() < 0.05
