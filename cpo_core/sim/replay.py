"""What a browser needs to draw a rollout by itself: shapes once, poses frame by frame.

Computed on the CPU: no OpenGL is needed, neither here nor where the rollout was recorded.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.sim.models import model_path, mujoco
from cpo_core.tasks.base import Scene

SHAPES = ("plane", "hfield", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh")
"""MuJoCo's geom types in their order."""
DRAWN = ("sphere", "capsule", "ellipsoid", "cylinder", "box")
DIGITS = 3


class Poser:
    """Poses of the parts of one body."""

    def __init__(self, mjcf: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            self._model = mujoco.MjSpec.from_file(str(model_path(mjcf))).compile()
        self._data = mujoco.MjData(self._model)

    def stage(self, scene: Scene) -> dict[str, Any]:
        """Shapes and surroundings, ready for JSON. Lengths in m, quaternions (w, x, y, z).

        `geoms`: parts of the body, each fixed at `pos` and `quat` in the part `body` (an index
        into a frame's `bodies`); `size` as MuJoCo has it (half lengths). `walls`, `ring`, `marks`
        and the camera as in `cpo_core.tasks.base.Scene`.
        """
        model = self._model
        geoms = [
            {
                "type": SHAPES[model.geom_type[k]],
                "body": int(model.geom_bodyid[k]) - 1,
                "size": _rounded(model.geom_size[k]),
                "pos": _rounded(model.geom_pos[k]),
                "quat": _rounded(model.geom_quat[k]),
                "rgba": _rounded(self._colour(k)),
            }
            for k in range(model.ngeom)
            if model.geom_bodyid[k] > 0 and SHAPES[model.geom_type[k]] in DRAWN
        ]
        marks = [
            {"places": m.places, "present": m.present, "rgba": list(m.rgba), "radius": m.radius}
            for m in scene.marks
        ]
        return {
            "geoms": geoms, "walls": scene.walls, "ring": scene.ring, "marks": marks,
            "camera": scene.camera, "distance": scene.distance, "azimuth": scene.azimuth,
            "elevation": scene.elevation,
        }  # fmt: skip

    def bodies(self, qpos: Array) -> list[list[float]]:
        """(bodies, 7): position and quaternion of every part at `qpos`, in the world."""
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        poses = np.hstack([self._data.xpos[1:], self._data.xquat[1:]])
        return [_rounded(pose) for pose in poses]

    def _colour(self, geom: int) -> Array:
        material = self._model.geom_matid[geom]
        own = self._model.geom_rgba[geom]
        return self._model.mat_rgba[material] if material >= 0 else own


def _rounded(values: Array) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
