"""The queue: runs in state queued. A claim is an attempt: run, fencing token and lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, update
from sqlalchemy.orm import Session

from server.db import now
from server.domain.states import ACTIVE, RunState
from server.errors import Fenced
from server.models import Attempt, Run
from server.services.ledger import lifecycle
from server.services.scheduling import workers

LOCK = 0x636C6169
"""Key of PostgreSQL's advisory lock around claims: limits per owner hold exactly."""


@dataclass(frozen=True)
class Claim:
    """A run held by one attempt: every write names its token."""

    run_id: str
    token: int
    slots: int = 1
    gpus: int = 0


@dataclass(frozen=True)
class Capacity:
    """What a worker has free."""

    slots: int
    gpus: int = 0


def claim(
    session: Session, worker_id: str, free: Capacity, lease_seconds: float, owner_limit: int = 0,
    rooms: Sequence[Capacity] = (),
) -> Claim | None:  # fmt: skip
    """Take the next run: priority, then the owner's running count, then age.

    `rooms` are the places of the worker with nothing in them (default: `free`). The first run that
    fits into one of them is next; while it does not fit into what is free, nothing is taken, or
    small runs would overtake a wide one for ever.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    query = _waiting(owner_limit).where(_fits(rooms or [free]))
    run = session.scalar(query.limit(1).with_for_update(of=Run, skip_locked=True))
    if run is None or run.slots > free.slots or run.gpus > free.gpus:
        return None
    claimed = lifecycle.claimed(session, run, worker_id, now() + lease_seconds)
    session.add(Attempt(run_id=run.id, token=claimed.token, worker_id=worker_id, claimed_at=now()))
    return Claim(run.id, claimed.token, run.slots, run.gpus)


def order(session: Session, owner_limit: int = 0) -> list[Run]:
    """The queue in the order in which it would be claimed now."""
    return list(session.scalars(_waiting(owner_limit)))


def any_fits(
    session: Session, free: Capacity, owner_limit: int = 0, rooms: Sequence[Capacity] = ()
) -> bool:
    """Whether `claim` would take a run, without a lock: the cheap question of every look."""
    query = _waiting(owner_limit).where(_fits(rooms or [free]))
    found = session.execute(query.with_only_columns(Run.slots, Run.gpus).limit(1)).first()
    return found is not None and found.slots <= free.slots and found.gpus <= free.gpus


def renew(session: Session, claim: Claim, lease_seconds: float) -> RunState:
    """Extend the lease; the answer is the run's state, where a wish to stop is seen.

    Raises Fenced when the run belongs to another attempt or to none.
    """
    query = (
        update(Run)
        .where(
            Run.id == claim.run_id, Run.token == claim.token, Run.state.in_(ACTIVE)
        )
        .values(lease_until=now() + lease_seconds)
        .returning(Run.state)
    )  # fmt: skip
    state = session.scalars(query).one_or_none()
    if state is None:
        raise Fenced(f"token {claim.token} no longer holds run {claim.run_id}")
    return RunState(state)


def keep_starting(session: Session, claim: Claim, lease_seconds: float) -> None:
    """Extend the lease of an attempt that has not begun to train; nothing happens otherwise."""
    session.execute(
        update(Run)
        .where(
            Run.id == claim.run_id, Run.token == claim.token, Run.state == RunState.STARTING
        )
        .values(lease_until=now() + lease_seconds)
    )  # fmt: skip


def adopt(
    session: Session, claim: Claim, worker_id: str, silent_seconds: float = workers.SILENT_SECONDS
) -> Claim | bool | None:
    """Watch an attempt that outlived its worker from now on: the claim with its resources.

    False while another worker watches it, who was heard of within `silent_seconds`; None when it
    holds no run any more.
    """
    try:
        run = lifecycle.held(session, claim.run_id, claim.token)
    except Fenced:
        return None
    if run.worker_id in {w.id for w in workers.alive(session, silent_seconds)}:
        return False
    run.worker_id = worker_id
    return Claim(run.id, run.token, run.slots, run.gpus)


def sweep(session: Session) -> list[Run]:
    """Take runs back from attempts whose lease has expired."""
    query = (
        select(Run)
        .where(Run.state.in_(ACTIVE), Run.lease_until < now())
        .with_for_update(skip_locked=True)
    )
    return [
        lifecycle.lost(
            session, run.id, run.token, f"No heartbeat from worker {run.worker_id}."
        )
        for run in session.scalars(query).all()
    ]  # fmt: skip


def _fits(rooms: Sequence[Capacity]) -> ColumnElement[bool]:
    return or_(*(and_(Run.slots <= room.slots, Run.gpus <= room.gpus) for room in rooms))


def _waiting(owner_limit: int) -> Select[Run]:
    running = (
        select(Run.owner, func.count().label("n"))
        .where(Run.state.in_(ACTIVE))
        .group_by(Run.owner)
        .subquery()
    )
    count = func.coalesce(running.c.n, 0)
    query = (
        select(Run)
        .outerjoin(running, running.c.owner == Run.owner)
        .where(Run.state == RunState.QUEUED, Run.deleted_at.is_(None))
        .order_by(Run.priority.desc(), count, Run.queued_at, Run.id)
    )
    return query.where(count < owner_limit) if owner_limit else query
