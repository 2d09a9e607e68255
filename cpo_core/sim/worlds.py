"""What the sampler asks of worlds that run side by side, and how a task gets them."""

from __future__ import annotations

import importlib
from typing import Protocol

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.tasks.base import Outcome, Task, World
from cpo_core.tasks.bodies import Body
from cpo_core.tasks.point import Point


class Worlds(Protocol):
    """At most N worlds. Those in play are numbered 0..n-1; when some retire, the rest close ranks.

    Arrays that are handed out belong to the caller.
    """

    def begin(self, worlds: int, rng: np.random.Generator) -> None:
        """Bring worlds 0..`worlds`-1 into play, each at the start of an episode."""
        ...

    def observe(self, which: Array | None = None) -> Array:
        """(n, observation size) float32 of all worlds in play, or of `which` (indices)."""
        ...

    def step(self, actions: Array) -> Outcome:
        """Apply `actions` (n, act), cut to the task's range."""
        ...

    def restart(self, which: Array, rng: np.random.Generator) -> None:
        """Begin a new episode in the worlds `which` (indices)."""
        ...

    def retire(self, keep: Array) -> None:
        """Go on with the worlds where `keep` (n,) bool is true, in the same order."""
        ...

    def close(self) -> None:
        """Give threads and processes back."""
        ...


def make_worlds(task: Task, environments: int, threads: int) -> Worlds:
    """At most `environments` worlds of `task`, stepped on `threads` threads (0: all processors)."""
    world = task.world
    if not isinstance(world, World):
        return world.worlds(task, environments, threads)
    movers = _movers(world.body, environments, threads)
    module = importlib.import_module("cpo_core.sim.rule_worlds")
    return module.RuledWorlds(movers, world.rules, task.horizon)


def _movers(body: Body | Point, environments: int, threads: int):
    # MuJoCo is loaded only for bodies that need it.
    if isinstance(body, Point):
        return importlib.import_module("cpo_core.sim.point_worlds").PointMovers(body)
    return importlib.import_module("cpo_core.sim.mujoco_worlds").BatchMovers(
        body, environments, threads
    )
