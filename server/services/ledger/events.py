"""The append-only table of events: the history of runs and the source of the event stream."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from server.db import now
from server.models import Event
from server.web.schemas.runs import RunEvent, RunEventList

Kind = Literal["state", "metrics", "video", "workers", "queue", "run", "log", "alert"]
PENDING = "costline_events"
LOCK = 0x636F7374
"""Key of PostgreSQL's advisory lock around writing events."""


def add(
    session: Session, kind: Kind, run_id: str | None = None, message: str = "", **data: Any
) -> None:
    """Write an event in the session's transaction, just before it commits."""
    session.info.setdefault(PENDING, []).append(
        {"kind": kind, "run_id": run_id, "message": message, "data": data}
    )


@sqlalchemy_event.listens_for(Session, "before_commit")
def _insert_pending(session: Session) -> None:
    # Readers follow the table by id, so ids must become visible in their order. On PostgreSQL the
    # lock is held from the first id to the commit; taken after all row locks, it cannot deadlock.
    pending = session.info.pop(PENDING, [])
    if not pending:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.flush()  # changed rows are locked here, not while others wait
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    session.add_all(Event(at=now(), **values) for values in pending)
    session.flush()


@sqlalchemy_event.listens_for(Session, "after_rollback")
def _drop_pending(session: Session) -> None:
    session.info.pop(PENDING, None)


def newest_id(session: Session) -> int:
    """Id of the newest event; 0 when there is none."""
    return session.scalar(select(func.max(Event.id))) or 0


def after(session: Session, event_id: int, limit: int) -> list[Event]:
    """Events newer than `event_id`, oldest first."""
    query = select(Event).where(Event.id > event_id).order_by(Event.id).limit(limit)
    return list(session.scalars(query))


def history(session: Session, run_id: str, limit: int = 1000) -> RunEventList:
    """What a person wants to know of a run's life (not every iteration), oldest first."""
    query = (
        select(Event)
        .where(Event.run_id == run_id, Event.kind.in_(("state", "video", "log")))
        .order_by(Event.id.desc())
        .limit(limit)
    )
    found = [
        RunEvent.model_validate(
            {"id": e.id, "at": e.at, "kind": e.kind, "message": e.message, "data": e.data}
        )
        for e in session.scalars(query)
    ]
    return RunEventList(events=found[::-1])
