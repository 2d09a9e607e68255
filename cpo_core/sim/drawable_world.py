"""One world of a task that can be stepped and drawn, whatever it is made of."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.sim.replay import Poser
from cpo_core.sim.scene_renderer import Stage
from cpo_core.sim.worlds import Worlds, make_worlds
from cpo_core.tasks.base import Task, World


class Drawn(Protocol):
    """A frame is drawn every `every` steps and shown at `fps`."""

    worlds: Worlds
    fps: int
    every: int

    def picture(self, alarm: bool) -> Array:
        """(height, width, 3) uint8 of the world as it stands; `alarm`: a step just cost."""
        ...

    def state(self) -> dict[str, Any]:
        """What is needed to draw the same again, ready for JSON."""
        ...

    def stage(self) -> dict[str, Any] | None:
        """Shapes and surroundings for drawing states elsewhere; None: it cannot be told."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


def make_drawn(task: Task, size: tuple[int, int], backend: str) -> Drawn:
    """One world of `task`, drawn in `size` (width, height) by GL `backend` where that applies.

    With an empty `backend` a body of ours is recorded, and its pictures are empty.
    """
    if isinstance(task.world, World):
        return RuledDrawn(task, size, backend)
    return importlib.import_module("cpo_core.sim.gymnasium").DrawnEnvironment(task)


class RuledDrawn:
    """A body and its rules, drawn with MuJoCo."""

    def __init__(self, task: Task, size: tuple[int, int], backend: str) -> None:
        scene = task.world.scene
        self.fps, self.every, self._marks = scene.fps, scene.every, scene.marks
        self.worlds: Any = make_worlds(task, 1, 1)
        self.worlds.begin(1, np.random.default_rng(0))
        places = {mark.places: self.worlds.things[mark.places].shape[1] for mark in scene.marks}
        mjcf = task.world.body.mjcf
        self._poser, self._scene = Poser(mjcf), scene
        self._stage = Stage(mjcf, scene, places, size, backend) if backend else None

    def picture(self, alarm: bool) -> Array:
        """See `Drawn`."""
        if self._stage is None:
            return np.empty((0, 0, 3), np.uint8)
        return self._stage.frame(self.worlds.pose(0), self._things(), alarm)

    def state(self) -> dict[str, Any]:
        """`qpos`, the pose of every part, and where marks are and which of them are left."""
        pose, things = self.worlds.pose(0), self._things()
        state = {"qpos": [round(float(q), 4) for q in pose], "bodies": self._poser.bodies(pose)}
        for mark in self._marks:
            state[mark.places] = np.round(things[mark.places], 3).tolist()
            state[mark.present] = things[mark.present].tolist()
        return state

    def stage(self) -> dict[str, Any]:
        """See `Drawn`."""
        return self._poser.stage(self._scene)

    def close(self) -> None:
        """See `Drawn`."""
        if self._stage is not None:
            self._stage.close()
        self.worlds.close()

    def _things(self) -> dict[str, Array]:
        return {name: values[0] for name, values in self.worlds.things.items()}
