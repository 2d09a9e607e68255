"""Whether everything works, for people and for Prometheus."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import server
from server.db import is_outage
from server.domain.states import RunState
from server.models import Run, Worker
from server.services.scheduling import workers
from server.settings import Settings
from server.web.schemas.service import Health, Rendering

PROMETHEUS = CONTENT_TYPE_LATEST
UNREACHABLE = "unreachable"
NO_ANSWER = "The database does not answer. Running training goes on as long as its lease lasts."


def report(session: Session, settings: Settings) -> Health:
    """State of database, workers, disk and rendering; degraded too when the database is away."""
    free = disk_free(settings.data_path)
    try:
        alive = workers.alive(session)
    except DBAPIError as error:
        if not is_outage(error):
            raise
        return Health(
            status="degraded", version=server.VERSION, database=UNREACHABLE, workers=0,
            disk_free=free, rendering=Rendering(backend=None, message=NO_ANSWER),
        )  # fmt: skip
    status: Literal["ok", "degraded"] = "ok" if alive and free >= settings.low_disk else "degraded"
    return Health(
        status=status, version=server.VERSION, database=session.get_bind().dialect.name,
        workers=len(alive), disk_free=free, rendering=rendering(alive),
    )  # fmt: skip


def rendering(alive: list[Worker]) -> Rendering:
    """What the workers say about drawing videos."""
    if not alive:
        return Rendering(backend=None, message="No worker runs: start one with `costline worker`.")
    backend = next((w.rendering for w in alive if w.rendering), None)
    if backend is not None:
        return Rendering(backend=backend, message=f"Videos are rendered with {backend}.")
    problem = next((w.rendering_problem for w in alive if w.rendering_problem), "")
    return Rendering(backend=None, message=problem or "The worker is still looking for OpenGL.")


def disk_free(path: Path) -> int:
    """Bytes free where `path` is or will be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def prometheus(session: Session, settings: Settings) -> bytes:
    """The text exposition format; deleted runs are left out."""
    registry = CollectorRegistry()
    runs = Gauge("costline_runs", "Runs by state", ["state"], registry=registry)
    counts: dict[str, int] = {}
    shown = Run.deleted_at.is_(None)
    by_state = select(Run.state, func.count()).where(shown).group_by(Run.state)
    for state, count in session.execute(by_state):
        counts[state] = count
    for state in RunState:
        runs.labels(state=state).set(counts.get(state, 0))
    values = {
        "workers": ("Workers alive", len(workers.alive(session))),
        "iterations": (
            "Iterations recorded",
            session.scalar(select(func.sum(Run.iteration)).where(shown)),
        ),
        "attempts": ("Attempts begun", session.scalar(select(func.sum(Run.token)).where(shown))),
        "lost_attempts": (
            "Lost since a run's newest checkpoint",
            session.scalar(select(func.sum(Run.losses)).where(shown)),
        ),
        "disk_free_bytes": ("Free space of the data directory", disk_free(settings.data_path)),
    }
    for name, (meaning, value) in values.items():
        Gauge(f"costline_{name}", meaning, registry=registry).set(value or 0)
    return generate_latest(registry)
