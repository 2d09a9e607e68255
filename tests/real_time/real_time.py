"""A task that an operator has installed: Point-Circle of a body that moves in real time.

Training waits for it as for a robot, so runs that tests leave in training while they look at pages
take hardly any processor time. `tests.acceptance.service` puts this folder on the path.
"""

from __future__ import annotations

import time
from dataclasses import fields, replace

from cpo_core.tasks import circle
from cpo_core.tasks.base import Motion, Outcome, Task, Things, World

STEP_SECONDS = 0.003


class RealTime(circle.Circle):
    """The rules of the circle; every step takes its time."""

    def judge(self, before: Motion, after: Motion, things: Things) -> tuple[Outcome, Things]:
        """See Circle."""
        time.sleep(STEP_SECONDS)
        return super().judge(before, after, things)


def _in_real_time() -> Task:
    task = next(t for t in circle.TASKS if t.name == "point-circle")
    assert isinstance(task.world, World)
    rules = task.world.rules
    slow = RealTime(*(getattr(rules, field.name) for field in fields(circle.Circle)))
    world = replace(task.world, rules=slow)
    return replace(
        task, name="point-circle-real-time", title="Point-Circle, in real time", world=world
    )


TASK = _in_real_time()
