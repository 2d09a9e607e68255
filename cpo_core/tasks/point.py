"""The paper's point: it turns, then moves along its heading. Pure arrays, no physics engine.

Source: Achiam et al. 2017, section 8 and the released rllab PointEnv (dynamics in its `step`).
State (N, 3): x, y in m and heading in rad. Action (N, 2): move (m) and turn (rad) of one step.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np

from cpo_core.tasks.arrays import namespace, side_by_side
from cpo_core.tasks.base import Array, Motion
from cpo_core.tasks.worlds import Movers

MOVE, TURN = 1.0, 0.25
"""Largest move and turn of one step: the ctrl ranges that rllab's point.xml declares."""


@dataclass(frozen=True)
class Point:
    """The point in the square |x|, |y| <= `size`.

    It senses (x, y) in units of `unit` metres and its heading as (cos, sin). A step lasts 1 s.
    `mjcf` only draws it: its joints are x, y and heading.
    """

    size: float
    unit: float = 5.0
    mjcf: str = "point.xml"

    @property
    def groups(self) -> int:
        """There is no physics to wait for."""
        return 1

    def movers(self, environments: int, threads: int) -> Movers:
        """See `cpo_core.tasks.worlds.MovingBody`: arrays alone, on the calling thread."""
        return importlib.import_module("cpo_core.sim.point_worlds").PointMovers(self)

    def action_range(self) -> tuple[Array, Array]:
        """-(MOVE, TURN) and (MOVE, TURN)."""
        high = np.array([MOVE, TURN])
        return -high, high

    def start(self, rng: np.random.Generator, worlds: int) -> Array:
        """States of new episodes: the origin, facing +x, with noise of 0.01 on each entry."""
        return 0.01 * rng.standard_normal((worlds, 3))

    def cut(self, actions: Array) -> Array:
        """`actions` (N, 2) within +-(MOVE, TURN)."""
        xp = namespace(actions)
        bounds = xp.asarray([MOVE, TURN], dtype=actions.dtype)
        return xp.minimum(xp.maximum(actions, -bounds), bounds)

    def move(self, state: Array, actions: Array) -> Array:
        """The next states (N, 3); `actions` (N, 2) have been cut."""
        xp = namespace(state)
        heading = state[:, 2] + actions[:, 1]
        # Columns are filled in place: stacking them costs more than the arithmetic.
        after = xp.empty_like(state)
        after[:, 0] = state[:, 0] + actions[:, 0] * xp.cos(heading)
        after[:, 1] = state[:, 1] + actions[:, 0] * xp.sin(heading)
        after[:, 2] = heading
        size = xp.full_like(after[:, :2], self.size)
        after[:, :2] = xp.minimum(xp.maximum(after[:, :2], -size), size)
        return after

    def motion(self, state: Array, previous: Array, actions: Array) -> Motion:
        """What the rules see after the cut `actions` led from `previous` to `state`."""
        xp = namespace(state)
        position, heading = state[:, :2], state[:, 2]
        return Motion(
            position=position,
            velocity=position - previous[:, :2],
            heading=heading,
            sense=side_by_side(position / self.unit, xp.cos(heading), xp.sin(heading)),
            healthy=xp.ones(heading.shape, dtype=xp.bool),
            controls=actions,
        )

    def rest(self, state: Array) -> Motion:
        """What the rules see of a point that has not moved yet."""
        xp = namespace(state)
        return self.motion(state, state, xp.zeros_like(state[:, :2]))
