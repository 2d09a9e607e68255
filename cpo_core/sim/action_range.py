"""The range to which a task cuts actions."""

from __future__ import annotations

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.sim.models import load_model
from cpo_core.tasks.base import Task, World
from cpo_core.tasks.bodies import Body
from cpo_core.tasks.point import Point


def action_range(task: Task) -> tuple[Array, Array]:
    """(low, high), (act,) float32 each; the largest float32 where there is no bound.

    A world of another kind may tell by a method `action_range() -> (low, high)`.
    """
    world = task.world
    body = world.body if isinstance(world, World) else world
    if isinstance(body, Point):
        # Whatever is cut to the range comes out at its ends.
        low, high = body.cut(np.array([[-np.inf], [np.inf]]).repeat(task.action_size, 1))
    elif isinstance(body, Body):
        low, high = load_model(body).actuator_ctrlrange.T
    elif hasattr(body, "action_range"):
        low, high = body.action_range()
    else:
        high = np.full(task.action_size, np.inf)
        low = -high
    most = np.finfo(np.float32).max
    return np.clip(low, -most, most).astype(np.float32), np.clip(high, -most, most).astype(
        np.float32
    )
