"""Finds and compiles the MJCF of a body."""

from __future__ import annotations

import importlib.util
import threading
import warnings
from pathlib import Path
from typing import Any

import mujoco as _mujoco
import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.tasks.bodies import Body

mujoco: Any = _mujoco
"""The bindings are compiled and ship no types: checkers would not find what is in them."""

MjModel = Any

_COMPILING = threading.Lock()

ASSETS = Path(__file__).parent.parent / "tasks" / "assets"


def model_path(mjcf: str) -> Path:
    """Where the file `mjcf` of a Body lies; raises FileNotFoundError naming it."""
    path = ASSETS / mjcf
    if mjcf.startswith("gymnasium/"):
        spec = importlib.util.find_spec("gymnasium")
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"{mjcf}: gymnasium is not installed (pip install gymnasium)")
        path = Path(spec.origin).parent / "envs" / "mujoco" / "assets" / Path(mjcf).name
    if not path.is_file():
        raise FileNotFoundError(f"no model {path}")
    return path


def load_model(body: Body) -> MjModel:
    """The compiled model of `body`, which keeps a diverged state instead of resetting itself."""
    # Warning filters belong to the process, and groups of worlds load their models side by side.
    with _COMPILING, warnings.catch_warnings():
        # Gymnasium's half-cheetah uses an attribute that MuJoCo is about to drop.
        warnings.simplefilter("ignore", UserWarning)
        model = mujoco.MjSpec.from_file(str(model_path(body.mjcf))).compile()
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
    return model


def start_state(model: MjModel) -> tuple[Array, Array]:
    """(nq,) and (nv,) at the start of an episode, without noise."""
    key = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_KEY, "start")
    if key >= 0:
        return model.key_qpos[key].copy(), model.key_qvel[key].copy()
    return model.qpos0.copy(), np.zeros(model.nv)
