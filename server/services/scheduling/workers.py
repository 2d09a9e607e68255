"""The table of workers: who runs attempts, and who has gone silent."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.db import now
from server.domain.states import ACTIVE
from server.models import Run, Worker
from server.services.ledger import events
from server.web.schemas import service as schemas

SILENT_SECONDS = 20.0
"""A worker that runs beats every few seconds; after so long it counts as lost."""
KEEP_SECONDS = 86400.0


def register(session: Session, worker: Worker) -> None:
    """Announce a worker; its times are the database's."""
    worker.started_at = worker.heartbeat_at = now()  # type: ignore[assignment]
    session.add(worker)
    events.add(session, "workers")


def beat(session: Session, worker_id: str) -> bool:
    """Say that a worker is alive; False when it is not known, or no longer."""
    query = update(Worker).where(Worker.id == worker_id).values(heartbeat_at=now())
    return session.scalars(query.returning(Worker.id)).first() is not None


def set_state(session: Session, worker_id: str, state: str) -> None:
    """Say that a worker stops or has stopped."""
    session.execute(
        update(Worker).where(Worker.id == worker_id).values(state=state, heartbeat_at=now())
    )
    events.add(session, "workers")


def alive(session: Session, silent_seconds: float = SILENT_SECONDS) -> list[Worker]:
    """Workers that take runs."""
    query = select(Worker).where(
        Worker.state == "running", Worker.heartbeat_at > now() - silent_seconds
    )
    return list(session.scalars(query))


def forget_old(session: Session) -> None:
    """Remove workers that were last seen a day ago."""
    session.execute(delete(Worker).where(Worker.heartbeat_at < now() - KEEP_SECONDS))


def listing(session: Session) -> schemas.WorkerList:
    """Workers, newest first, with the runs that each holds."""
    running: dict[str | None, list[str]] = {}
    query = select(Run.worker_id, Run.id).where(Run.state.in_(ACTIVE))
    for worker_id, run_id in session.execute(query):
        running.setdefault(worker_id, []).append(run_id)
    silent = (Worker.heartbeat_at < now() - SILENT_SECONDS).label("silent")
    rows = session.execute(select(Worker, silent).order_by(Worker.started_at.desc()))
    return schemas.WorkerList(workers=[_view(w, bool(late), running) for w, late in rows])


def _view(worker: Worker, silent: bool, running: dict[str | None, list[str]]) -> schemas.Worker:
    state = "lost" if silent and worker.state != "stopped" else worker.state
    fields = {
        name: getattr(worker, name)
        for name in ("id", "host", "pid", "executor", "slots", "gpus", "started_at",
                     "heartbeat_at", "version")
    }  # fmt: skip
    return schemas.Worker.model_validate(
        fields | {"state": state, "running": running.get(worker.id, [])}
    )
