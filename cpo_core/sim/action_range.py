"""The range to which a task cuts actions."""

from __future__ import annotations

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.tasks.base import Task


def action_range(task: Task) -> tuple[Array, Array]:
    """(low, high), (act,) float32 each; the largest float32 where there is no bound."""
    most = np.finfo(np.float32).max
    low, high = (np.clip(end, -most, most) for end in task.world.action_range(task))
    return low.astype(np.float32), high.astype(np.float32)
