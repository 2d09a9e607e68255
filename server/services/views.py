"""Runs as the API shows them, with their place in the queue and the time that is left."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cpo_core import registry
from server import schemas
from server.db import now
from server.models import Run
from server.schemas import RunState
from server.services import lifecycle, queue, runs, summary, workers


def run(session: Session, found: Run) -> schemas.Run:
    """One run."""
    return many(session, [found])[0]


def many(session: Session, found: Sequence[Run]) -> list[schemas.Run]:
    """Runs with their places in the queue; the queue is read once, and only when needed."""
    waiting = any(r.state == RunState.QUEUED for r in found)
    places = _places(session) if waiting else _Places()
    return [_view(r, places) for r in found]


def eta(found: Run) -> float | None:
    """Seconds of training that are left, by the pace so far."""
    if not found.iteration or found.state not in lifecycle.ACTIVE:
        return None
    pace = found.elapsed_seconds / found.iteration
    return max(0.0, pace * (found.iterations - found.iteration))


def costs(found: Run) -> list[schemas.RunCost]:
    """The run's costs with its limits, titled by the task where it is still known."""
    task = registry.tasks().get(found.task)
    titles: dict[str, str] = {c.name: c.title for c in task.costs} if task else {}
    return [
        schemas.RunCost(name=name, title=titles.get(name) or name, limit=limit)
        for name, limit in found.config["limits"].items()
    ]


@dataclass
class _Places:
    position: dict[str, int] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)


def _places(session: Session) -> _Places:
    waiting = queue.order(session)
    places = _Places({r.id: i for i, r in enumerate(waiting, start=1)})
    active = session.scalars(select(Run).where(Run.state.in_(lifecycle.ACTIVE))).all()
    slots = sum(w.slots for w in workers.alive(session))
    time = session.scalar(select(now()))
    if not slots or time is None or len(waiting) > 1000:
        return places
    ends = [time + (eta(r) or _guess(session, r) or 0.0) for r in active][:slots]
    free = ends + [time] * (slots - len(ends))
    heapq.heapify(free)
    paces: dict[tuple[str, str], float | None] = {}
    for waiter in waiting:
        key = (waiter.task, waiter.algorithm)
        if key not in paces:
            paces[key] = runs.seconds_per_step(session, *key)[0]
        start = heapq.heappop(free)
        places.start[waiter.id] = start
        length = _length(waiter, paces[key])
        if length is None:
            break  # nobody knows when the ones behind it begin
        heapq.heappush(free, start + length)
    return places


def _guess(session: Session, found: Run) -> float | None:
    return _length(found, runs.seconds_per_step(session, found.task, found.algorithm)[0])


def _length(found: Run, per_step: float | None) -> float | None:
    left = found.iterations - found.iteration
    return None if per_step is None else per_step * found.config["batch_size"] * left


def _view(found: Run, places: _Places) -> schemas.Run:
    names = list(found.config["limits"])
    return schemas.Run.model_validate(
        _own_fields(found)
        | {
            "costs": costs(found),
            "resources": schemas.Resources(slots=found.slots, gpus=found.gpus),
            "attempt": found.losses + 1,
            "queue_position": places.position.get(found.id),
            "expected_start": places.start.get(found.id),
            "eta_seconds": eta(found),
            "latest": found.latest,
            "summary": summary.view(found.summary, names),
            "video": {"available": not found.video_problem, "message": found.video_problem},
            "moves": [] if found.deleted_at is not None else lifecycle.asks(found),
        }
    )


_COPIED = (
    "id", "name", "state", "reason", "task", "algorithm", "preset", "seed", "config", "tags",
    "notes", "priority", "parent_id", "study_id", "owner", "max_attempts", "iteration",
    "iterations", "created_at", "started_at", "finished_at", "deleted_at", "versions", "worker_id",
)  # fmt: skip


def _own_fields(found: Run) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _COPIED}
