"""The first way: a task of your own rules on a body that Costline has. All worlds at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpo_core.tasks.arrays import namespace, side_by_side
from cpo_core.tasks.base import (
    DEFAULT_TITLE,
    Array,
    Cost,
    Motion,
    Outcome,
    Preset,
    Scene,
    Task,
    Things,
    World,
)
from cpo_core.tasks.point import Point


@dataclass(frozen=True)
class Corridor:
    """Run along +x. Between x = `start` and `end` there is a school: go slowly there."""

    start: float
    end: float
    allowed: float

    def begin(self, rng: np.random.Generator, worlds: int) -> Things:
        """Nothing lies about."""
        return {}

    def observe(self, motion: Motion, things: Things, elapsed: Array) -> Array:
        """The body's own sense (4 numbers), the distance to the school and the time."""
        ahead = (self.start - motion.position[:, 0]) / 5
        return side_by_side(motion.sense, ahead, elapsed)

    def judge(self, before: Motion, after: Motion, things: Things) -> tuple[Outcome, Things]:
        """Reward: metres gained along x. Cost: 1 for a fast step inside the school zone."""
        xp = namespace(after.position)
        x = after.position[:, 0]
        speed = xp.sqrt(xp.sum(after.velocity**2, axis=1))
        fast = (x > self.start) & (x < self.end) & (speed > self.allowed)
        costs = xp.astype(fast, x.dtype)[None]
        return Outcome(after.velocity[:, 0], costs, xp.logical_not(after.healthy)), things


TASKS = (
    Task(
        name="point-corridor",
        title="Point-Corridor",
        summary="A point runs along a corridor; past the school it must go slowly.",
        source="The example package costline-corridor",
        deviations=("An example, not a benchmark.",),
        costs=(Cost("fast", "Fast steps at the school", 1.0, "Steps above 0.3 m at the school."),),
        observation_size=6,
        action_size=2,
        horizon=40,
        environments=125,
        world=World(
            body=Point(size=30.0),
            rules=Corridor(start=8.0, end=12.0, allowed=0.3),
            scene=Scene(camera="chase", distance=14.0, elevation=-40.0, fps=10),
        ),
        presets={"default": Preset(DEFAULT_TITLE, {"iterations": 60, "batch_size": 10_000})},
    ),
)
