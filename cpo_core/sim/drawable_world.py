"""One world of a body and its rules that can be stepped and drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.sim.replay import Poser
from cpo_core.sim.scene_renderer import Stage
from cpo_core.tasks.base import Task, World


class DrawableRules:
    """A body and its rules, drawn with MuJoCo: a `cpo_core.tasks.worlds.DrawableWorld`.

    Without a `backend` there are no pictures, and no OpenGL is asked for.
    """

    def __init__(self, task: Task, world: World, size: tuple[int, int], backend: str) -> None:
        scene = world.scene
        self.fps, self.every, self._marks = scene.fps, scene.every, scene.marks
        self.worlds: Any = world.worlds(task, 1, 1)
        self.worlds.begin(1, np.random.default_rng(0))
        places = {mark.places: self.worlds.things[mark.places].shape[1] for mark in scene.marks}
        mjcf = world.body.mjcf
        self._poser, self._scene = Poser(mjcf), scene
        self._stage = Stage(mjcf, scene, places, size, backend) if backend else None

    def picture(self, alarm: bool) -> Array:
        """See `DrawableWorld`."""
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
        """See `DrawableWorld`."""
        return self._poser.stage(self._scene)

    def close(self) -> None:
        """See `DrawableWorld`."""
        if self._stage is not None:
            self._stage.close()
        self.worlds.close()

    def _things(self) -> dict[str, Array]:
        return {name: values[0] for name, values in self.worlds.things.items()}
