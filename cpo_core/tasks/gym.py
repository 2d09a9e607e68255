"""Any registered Gymnasium environment whose steps have a cost, as a task named `gym:<id>`.

Source: Farama Gymnasium's interface; costs in `info["cost"]` or `info["costs"]` (a mapping by
name). The environment's own code never runs in the process that asks for its description, unless
that process has registered it itself.
"""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from cpo_core.spec.parameters import ConfigError, Problem
from cpo_core.tasks.base import DEFAULT_TITLE, Array, Cost, Preset, Task
from cpo_core.tasks.worlds import DrawableWorld, Worlds, WorldSpec

TASKS = ()
"""Nothing is listed: which environments there are is the machine's affair."""

ADAPTER = "cpo_core.sim.gymnasium"
"""Loaded late: it needs Gymnasium, which this floor does not."""
PLACEHOLDER = 25.0
"""A limit that nobody chose: Gymnasium's environments say what costs, not how much is too much."""
REFUSED_SECONDS = 5.0
"""So long a failed description stands: a page that asks often starts no child each time."""
_KNOWN: dict[str, tuple[float, dict[str, Any]]] = {}
"""By id, until when a description stands, and the description."""


@dataclass(frozen=True)
class GymWorld(WorldSpec):
    """What the adapter found out about environment `id`; `low` and `high` bound the actions."""

    id: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    costs: tuple[str, ...]

    def worlds(self, task: Task, environments: int, threads: int) -> Worlds:
        """`environments` copies of it in `threads` processes."""
        return importlib.import_module(ADAPTER).ProcessWorlds(task, self, environments, threads)

    def action_range(self, task: Task) -> tuple[Array, Array]:
        """(low, high), (act,) each; infinite where there is no bound."""
        return np.array(self.low), np.array(self.high)

    def drawable(self, task: Task, size: tuple[int, int], backend: str) -> DrawableWorld:
        """The environment itself, which has a size of its own."""
        return importlib.import_module(ADAPTER).DrawnEnvironment(task, self)


def task_for(id: str) -> Task:
    """The task of Gymnasium environment `id` (`module:Name-v0` imports `module` first).

    Raises ConfigError saying what is missing or unsuitable.
    """
    found = _described(id)
    if "problem" in found:
        raise ConfigError([Problem("task", f"gym:{id}: {found['problem']}")])
    world = GymWorld(id, tuple(found["low"]), tuple(found["high"]), tuple(found["costs"]))
    return Task(
        name=f"gym:{id}",
        title=id,
        summary=f"The Gymnasium environment {id}.",
        source=found["source"],
        deviations=("Actions are cut to the environment's range before they are passed on.",),
        costs=tuple(
            Cost(
                name, name.replace("_", " ").capitalize(), PLACEHOLDER,
                "As the environment reports it. The limit is a placeholder: set your own.",
            )
            for name in world.costs
        ),
        observation_size=found["observation_size"],
        action_size=len(world.low),
        horizon=found["horizon"],
        finite_horizon=False,
        environments=16,
        world=world,
        presets={
            "default": Preset(
                DEFAULT_TITLE,
                {
                    "iterations": 500, "batch_size": 20_000, "gamma": 0.99,
                    "cost_lam": 0.95, "hidden": (64, 64), "value_hidden": (64, 64),
                    "normalize_observations": True, "init_std": 0.6, "last_layer_scale": 0.1,
                    "cross_fit_folds": 2, "correction_gain": 0.1,
                },
                "Sizes that other libraries publish with; limits tracked across folds of the batch "
                "and by feedback.",
            )
        },
    )  # fmt: skip


def _described(id: str) -> dict[str, Any]:
    gymnasium = sys.modules.get("gymnasium")
    if gymnasium is not None and id in gymnasium.registry:
        return importlib.import_module(ADAPTER).describe(id)
    return _described_by_a_child(id)


def _described_by_a_child(id: str) -> dict[str, Any]:
    for name, (until, _) in list(_KNOWN.items()):
        if until < time.monotonic():
            _KNOWN.pop(name, None)
    if (known := _KNOWN.get(id)) is not None:
        return known[1]
    found = _asked_of_a_child(id)
    # A failure may pass: the package is installed, or the machine is no longer so busy.
    lasts = REFUSED_SECONDS if "problem" in found else math.inf
    _KNOWN[id] = (time.monotonic() + lasts, found)
    return found


def _asked_of_a_child(id: str) -> dict[str, Any]:
    command = [sys.executable, "-m", ADAPTER, id]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return {"problem": "did not start within 120 s"}
    try:
        return json.loads(child.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return {"problem": f"could not be made: {child.stderr.strip()[-500:]}"}
