"""The life of a run: one function makes every move that `server.domain.states` allows.

Every move is a compare-and-swap on the state (and on the attempt's token, where an attempt makes
it), with an event row in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from server.db import now
from server.domain.states import ACTIVE, ASKS, FINISHED, MOVES
from server.domain.states import RunState as S
from server.errors import Conflict, Fenced, NotFound
from server.models import Attempt, Run
from server.services.ledger import events

SHUT_DOWN = "Its worker was shut down."
_WHEN_ENDED = {S.PAUSING: S.PAUSED, S.STOPPING: S.STOPPED}


def pause(session: Session, run_id: str) -> Run:
    """Ask a run to pause; raises Conflict when its state forbids it."""
    return _ask(session, run_id, "pause")


def resume(session: Session, run_id: str) -> Run:
    """Queue a paused run again; raises Conflict when its state forbids it."""
    return _ask(session, run_id, "resume")


def stop(session: Session, run_id: str) -> Run:
    """Ask a run to stop; raises Conflict when its state forbids it."""
    return _ask(session, run_id, "stop")


def retry(session: Session, run_id: str) -> Run:
    """Queue a failed or stopped run again; raises Conflict when its state forbids it."""
    return _ask(session, run_id, "retry")


def asks(run: Run) -> list[str]:
    """What a person may ask of this run now."""
    found = [name for name, table in ASKS.items() if run.state in table]
    return found if run.state in ACTIVE else [*found, "delete"]


def claimed(session: Session, run: Run, worker_id: str, lease_until: Any) -> Run:
    """A worker takes the run: the token grows, so that every earlier attempt is fenced."""
    values: dict[str, Any] = {"worker_id": worker_id, "lease_until": lease_until, "asked_at": None}
    return move(session, run, S.STARTING, new_token=run.token + 1, **values)


def started(session: Session, run_id: str, token: int) -> Run:
    """The attempt trains; a wish to pause or stop that came before stays. Raises Fenced."""
    run = held(session, run_id, token)
    values: dict[str, Any] = {"started_at": run.started_at or now()}
    if run.state == S.STARTING:
        return move(session, run, S.RUNNING, token=token, **values)
    return _write(session, run, S(run.state), token, values)


def ended(
    session: Session, run_id: str, token: int, *, completed: bool, reason: str = SHUT_DOWN
) -> Run:
    """The attempt ended in order, its last state saved; `reason` where it is to go on.

    Raises Fenced.
    """
    run = held(session, run_id, token)
    if completed:
        return _close(session, run, S.SUCCEEDED, "")
    to = _WHEN_ENDED.get(S(run.state), S.QUEUED)
    return _close(session, run, to, reason if to is S.QUEUED else "")


def failed(session: Session, run_id: str, token: int, reason: str) -> Run:
    """The attempt met an error that would come again. Raises Fenced."""
    return _close(session, held(session, run_id, token), S.FAILED, reason)


def lost(session: Session, run_id: str, token: int, reason: str, *, counts: bool = True) -> Run:
    """The attempt died. Requeue, until it died too often without a new checkpoint.

    One that never began to train does not count.
    """
    run = held(session, run_id, token)
    to = _WHEN_ENDED.get(S(run.state), S.QUEUED)
    if to is not S.QUEUED:
        return _close(session, run, to, f"Ended at its last checkpoint: {reason}")
    losses = run.losses + int(counts)
    if counts and losses >= run.max_attempts:
        reason = f"{reason} (attempt {losses} of {run.max_attempts})"
        return _close(session, run, S.FAILED, reason)
    return _close(session, run, S.QUEUED, reason, losses=losses)


def held(session: Session, run_id: str, token: int) -> Run:
    """The run, locked, if an attempt with this token still holds it; raises Fenced otherwise."""
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.token != token or run.state not in ACTIVE:
        raise Fenced(f"token {token} no longer holds run {run_id}")
    return run


def move(
    session: Session, run: Run, to: S, *, reason: str = "", token: int | None = None, **values: Any
) -> Run:
    """Make one move of the table, with its event. Raises Conflict (Fenced with a token)."""
    was = S(run.state)
    if to not in MOVES[was]:
        raise Conflict(f"A run that is {was} cannot become {to}.")
    values |= {"reason": reason}
    if "new_token" in values:
        values["token"] = values.pop("new_token")
    moved = _write(session, run, to, token, values)
    data = {"from": was, "to": to, "token": moved.token}
    events.add(session, "state", run.id, reason, **data)
    return moved


def _ask(session: Session, run_id: str, name: str) -> Run:
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.deleted_at is not None:
        raise NotFound(f"There is no run {run_id!r}.")
    to = ASKS[name].get(S(run.state))
    if to is None:
        possible = ", ".join(asks(run)) or "nothing"
        raise Conflict(f"Cannot {name} a run that is {run.state}; possible now: {possible}.")
    values: dict[str, Any] = {}
    if to is S.QUEUED:
        values = {"queued_at": now(), "finished_at": None, "losses": 0}
    elif to in (S.PAUSING, S.STOPPING):
        values = {"asked_at": now()}
    elif to is S.RUNNING:
        values = {"asked_at": None}
    elif to is S.STOPPED:
        values = {"finished_at": now()}
    return move(session, run, to, **values)


def _close(session: Session, run: Run, to: S, reason: str, **values: Any) -> Run:
    values |= {"worker_id": None, "lease_until": None, "asked_at": None}
    if to in FINISHED:
        values |= {"finished_at": now()}
    session.execute(
        update(Attempt)
        .where(Attempt.run_id == run.id, Attempt.token == run.token)
        .values(ended_at=now(), outcome=reason or str(to))
    )
    return move(session, run, to, reason=reason, token=run.token, **values)


def _write(
    session: Session, run: Run, to: S, token: int | None, values: Mapping[str, Any]
) -> Run:  # fmt: skip
    query = update(Run).where(Run.id == run.id, Run.state == run.state)
    if token is not None:
        query = query.where(Run.token == token)
    query = query.values(state=to, **values).returning(Run)
    moved = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if moved is None:
        if token is not None:
            raise Fenced(f"token {token} no longer holds run {run.id}")
        raise Conflict("The run has just changed; look again.")
    return moved
