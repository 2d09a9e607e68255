"""When queued runs will begin: the queue played forward over the slots that are there.

A run takes the worker where it can begin first, occupies all its slots there for as long as the
newest runs of its task and algorithm took, and waits while its owner is at the limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.domain.states import ACTIVE
from server.models import Run, Worker
from server.services.ledger import runs
from server.services.scheduling import queue, workers

LONGEST_QUEUE = 1000
"""Behind so many nobody waits for a forecast."""


@dataclass
class Places:
    """Numbers in the queue from 1, and expected starts (seconds since 1970), by run."""

    position: dict[str, int] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    nowhere: set[str] = field(default_factory=set)
    """Runs for which no worker is large enough."""


def places(session: Session, owner_limit: int = 0) -> Places:
    """The queue as it stands; runs that fit nowhere, or behind unknown ones, have no start."""
    waiting = queue.order(session)
    found = Places({run.id: place for place, run in enumerate(waiting, start=1)})
    time = session.scalar(select(now()))
    rooms = [_Room(worker, time or 0.0) for worker in workers.alive(session)]
    if not rooms or time is None or len(waiting) > LONGEST_QUEUE:
        return found
    paces = _Paces(session)
    ends: dict[str, list[float]] = {}
    for run in session.scalars(select(Run).where(Run.state.in_(ACTIVE))):
        left = eta(run)
        end = time + (_known(left if left is not None else paces.length(run), 0.0))
        ends.setdefault(run.owner, []).append(end)
        for room in rooms:
            if room.worker_id == run.worker_id:
                room.take(run.slots, end)
    for run in waiting:
        own = ends.setdefault(run.owner, [])
        earliest = _below_limit(own, owner_limit)
        fitting = [room for room in rooms if room.fits(run)]
        if not fitting:
            found.nowhere.add(run.id)
            continue
        room = min(fitting, key=lambda r: r.free_at(run.slots))
        start = max(room.free_at(run.slots), earliest)
        end = start + _known(paces.length(run), math.inf)
        room.take(run.slots, end)
        own.append(end)
        if math.isfinite(start):
            found.start[run.id] = start
    return found


def eta(found: Run) -> float | None:
    """Seconds of training that are left, by the pace so far."""
    if not found.iteration or found.state not in ACTIVE:
        return None
    pace = found.elapsed_seconds / found.iteration
    return max(0.0, pace * (found.iterations - found.iteration))


class _Room:
    """The slots of one worker, each with the time from which it is free."""

    def __init__(self, worker: Worker, time: float) -> None:
        self.worker_id = worker.id
        self._gpus = worker.gpus
        self._free = [time] * worker.slots

    def fits(self, run: Run) -> bool:
        return run.slots <= len(self._free) and run.gpus <= self._gpus

    def free_at(self, slots: int) -> float:
        return self._free[slots - 1]

    def take(self, slots: int, end: float) -> None:
        """Occupy the slots that are free first."""
        self._free = sorted([*self._free[slots:], *[end] * min(slots, len(self._free))])


class _Paces:
    """Seconds per environment step by task and algorithm, each asked for once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, str], float | None] = {}

    def length(self, run: Run) -> float | None:
        """Seconds of training that the run still needs; None when no such run was measured."""
        key = (run.task, run.algorithm)
        if key not in self._known:
            self._known[key] = runs.seconds_per_step(self._session, *key)[0]
        pace = self._known[key]
        left = run.iterations - run.iteration
        return None if pace is None else pace * run.config["batch_size"] * left


def _below_limit(ends: list[float], owner_limit: int) -> float:
    """When an owner with runs that end at `ends` may start another one."""
    if not owner_limit or len(ends) < owner_limit:
        return -math.inf
    return sorted(ends)[len(ends) - owner_limit]


def _known(seconds: float | None, otherwise: float) -> float:
    return otherwise if seconds is None else seconds
