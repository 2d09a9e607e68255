"""The paper's point many times: arrays only, nothing to step but the arrays themselves."""

from __future__ import annotations

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.tasks.base import Motion
from cpo_core.tasks.point import Point


class PointMovers:
    """Any number of points; implements `cpo_core.tasks.worlds.Movers`."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._state = np.zeros((0, 3))

    def begin(self, worlds: int, rng: np.random.Generator) -> Motion:
        """See `Movers`."""
        self._state = self._point.start(rng, worlds)
        return self._point.rest(self._state)

    def step(self, actions: Array) -> Motion:
        """See `Movers`."""
        before, actions = self._state, self._point.cut(actions)
        self._state = self._point.move(before, actions)
        return self._point.motion(self._state, before, actions)

    def restart(self, which: Array, rng: np.random.Generator) -> Motion:
        """See `Movers`."""
        self._state[which] = self._point.start(rng, len(which))
        return self._point.rest(self._state[which])

    def retire(self, keep: Array) -> None:
        """See `Movers`."""
        self._state = self._state[keep]

    def pose(self, world: int) -> Array:
        """x, y and heading: the joints of assets/point.xml."""
        return self._state[world].copy()

    def close(self) -> None:
        """Nothing to give back."""
