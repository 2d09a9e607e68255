"""Draws one world: its body's MJCF with floor, limits and marks, through EGL or OSMesa."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.sim.models import model_path, mujoco
from cpo_core.tasks.base import Scene

BLUE, RING, ALARM = (0.2, 0.4, 1.0, 0.35), (0.95, 0.85, 0.3, 1.0), (0.9, 0.1, 0.1, 1.0)
WALL_HEIGHT, WALL_LENGTH, RING_PIECES = 0.6, 22.0, 96


class Stage:
    """Frames of one world. `places` gives how many balls each of the scene's marks has.

    The GL context belongs to the thread that makes the stage; `close` gives it back.
    """

    def __init__(
        self,
        mjcf: str,
        scene: Scene,
        places: Mapping[str, int],
        size: tuple[int, int],
        backend: str,
    ) -> None:
        self._scene, (self._width, self._height) = scene, size
        with warnings.catch_warnings():
            # Gymnasium's half-cheetah uses an attribute that MuJoCo is about to drop.
            warnings.simplefilter("ignore", UserWarning)
            self._model = _scenery(mjcf, scene, places, size).compile()
        self._data = mujoco.MjData(self._model)
        # The context must be current before MuJoCo makes its own on top of it.
        self._gl = importlib.import_module(f"mujoco.{backend}").GLContext(*size)
        self._gl.make_current()
        self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._view = mujoco.MjvScene(self._model, 2000)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._view.flags[flag] = 0  # Four times as fast without.
        self._options, self._camera = mujoco.MjvOption(), mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation = scene.azimuth, scene.elevation
        self._plain = self._model.geom_rgba.copy()
        self._robot = self._model.geom_bodyid > 0

    def frame(self, pose: Array, things: Mapping[str, Array], alarm: bool) -> Array:
        """(height, width, 3) uint8 of the body at `pose` (nq,) among `things` (K, ...) each.

        `alarm` paints the body red: this step cost something.
        """
        model, data = self._model, self._data
        data.qpos[:] = pose
        model.geom_rgba[:] = self._plain
        if alarm:
            model.geom_rgba[self._robot] = ALARM
        for mark in self._scene.marks:
            for k, (place, present) in enumerate(
                zip(things[mark.places], things[mark.present], strict=True)
            ):
                ball = model.geom(f"{mark.places}{k}").id
                model.geom_pos[ball][:2] = place
                model.geom_rgba[ball, 3] = mark.rgba[3] if present else 0.0
        mujoco.mj_forward(model, data)
        self._aim()
        mujoco.mjv_updateScene(
            model, data, self._options, None, self._camera, mujoco.mjtCatBit.mjCAT_ALL, self._view
        )
        rectangle = mujoco.MjrRect(0, 0, self._width, self._height)
        pixels = np.empty((self._height, self._width, 3), np.uint8)
        mujoco.mjr_render(rectangle, self._view, self._context)
        mujoco.mjr_readPixels(pixels, None, rectangle, self._context)
        return pixels[::-1]

    def close(self) -> None:
        """Give the GL context back."""
        self._context.free()
        self._gl.free()

    def _aim(self) -> None:
        """Point the camera so that robot and limits are seen."""
        scene, camera = self._scene, self._camera
        x, y, z = self._data.subtree_com[1]
        if scene.camera == "still":
            camera.lookat[:], camera.distance = (0, 0, 0), scene.distance
        elif scene.camera == "along":
            # Far outside the walls the camera steps back, so that they stay in view.
            beyond = max(0.0, abs(x) - (scene.walls or 0.0))
            camera.lookat[:] = (math.copysign(beyond / 2, x), y, 0.5)
            camera.distance = scene.distance + 1.2 * beyond
        else:
            camera.lookat[:], camera.distance = (x, y, z), scene.distance


def _scenery(mjcf: str, scene: Scene, places: Mapping[str, int], size: tuple[int, int]) -> Any:
    """The body's MjSpec with everything that is only there to be seen."""
    spec = mujoco.MjSpec.from_file(str(model_path(mjcf)))
    spec.visual.global_.offwidth, spec.visual.global_.offheight = size
    spec.visual.quality.offsamples = 2
    spec.visual.headlight.ambient = (0.35, 0.35, 0.35)
    if not mjcf.startswith("gymnasium/"):
        _add_ground(spec)
    if scene.walls is not None:
        _add_walls(spec, scene.walls, scene.ring or WALL_LENGTH)
    if scene.ring is not None:
        _add_ring(spec, scene.ring)
    for mark in scene.marks:
        for k in range(places[mark.places]):
            _add_geom(
                spec, mujoco.mjtGeom.mjGEOM_SPHERE, (0, 0, mark.radius), (mark.radius, 0, 0),
                mark.rgba, name=f"{mark.places}{k}",
            )  # fmt: skip
    return spec


def _add_geom(spec: Any, kind: Any, position: Any, size: Any, rgba: Any, **more: Any) -> Any:
    """A geom of the world that nothing can touch."""
    return spec.worldbody.add_geom(
        type=kind, pos=position, size=size, rgba=rgba, contype=0, conaffinity=0, **more
    )


def _add_ground(spec: Any) -> None:
    spec.add_texture(
        name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=(0.75, 0.85, 0.95), rgb2=(0.95, 0.97, 1.0), width=128, height=128,
    )  # fmt: skip
    spec.add_texture(
        name="squares", type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        rgb1=(0.86, 0.88, 0.86), rgb2=(0.78, 0.81, 0.79), width=256, height=256,
    )  # fmt: skip
    squares = spec.add_material(name="squares", texuniform=True, texrepeat=(0.5, 0.5))
    squares.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "squares"
    floor = spec.geom("floor")
    floor.material, floor.rgba = "squares", (1, 1, 1, 1)
    spec.worldbody.add_light(pos=(0, 0, 30), dir=(0.2, 0.2, -1), diffuse=(0.6, 0.6, 0.6),
                             type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL)  # fmt: skip


def _add_walls(spec: Any, x: float, ring: float) -> None:
    for side in (-x, x):
        _add_geom(
            spec, mujoco.mjtGeom.mjGEOM_BOX, (side, 0, WALL_HEIGHT),
            (0.03, ring + 7, WALL_HEIGHT), BLUE,
        )  # fmt: skip


def _add_ring(spec: Any, radius: float) -> None:
    half = math.pi * radius / RING_PIECES
    for piece in range(RING_PIECES):
        angle = 2 * math.pi * piece / RING_PIECES
        _add_geom(
            spec, mujoco.mjtGeom.mjGEOM_BOX,
            (radius * math.cos(angle), radius * math.sin(angle), 0.01), (0.08, half, 0.01), RING,
            quat=(math.cos(angle / 2), 0, 0, math.sin(angle / 2)),
        )  # fmt: skip
