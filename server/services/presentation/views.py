"""Runs as the API shows them, with their place in the queue and the time that is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from cpo_core.spec import registry
from server.domain.states import RunState
from server.models import Run
from server.services.ledger import lifecycle, summary
from server.services.scheduling import forecast
from server.settings import settings
from server.web.schemas import runs as schemas


def run(session: Session, found: Run) -> schemas.Run:
    """One run."""
    return many(session, [found])[0]


def many(session: Session, found: Sequence[Run]) -> list[schemas.Run]:
    """Runs with their places in the queue; the queue is read once, and only when needed."""
    waiting = any(r.state == RunState.QUEUED for r in found)
    places = forecast.places(session, settings().owner_limit) if waiting else forecast.Places()
    return [_view(r, places) for r in found]


def costs(found: Run) -> list[schemas.RunCost]:
    """The run's costs with its limits, titled by the task where it is still known."""
    task = registry.tasks().get(found.task)
    titles: dict[str, str] = {c.name: c.title for c in task.costs} if task else {}
    return [
        schemas.RunCost(name=name, title=titles.get(name) or name, limit=limit)
        for name, limit in found.config["limits"].items()
    ]


def reason(found: Run, places: forecast.Places) -> str:
    """Why the run is where it is; of one that waits, also that no worker can ever take it."""
    if found.id not in places.nowhere:
        return found.reason
    wants = f"{found.slots} slots" + (f" and {found.gpus} GPUs" if found.gpus else "")
    note = f"It waits for a worker with {wants}; none of those that run is so large."
    return f"{found.reason} {note}".strip()


def _view(found: Run, places: forecast.Places) -> schemas.Run:
    names = list(found.config["limits"])
    return schemas.Run.model_validate(
        _own_fields(found)
        | {
            "costs": costs(found),
            "reason": reason(found, places),
            "resources": schemas.Resources(slots=found.slots, gpus=found.gpus),
            "attempt": found.losses + 1,
            "queue_position": places.position.get(found.id),
            "expected_start": places.start.get(found.id),
            "eta_seconds": forecast.eta(found),
            "latest": found.latest,
            "summary": summary.view(found.summary, names),
            "video": {"available": not found.video_problem, "message": found.video_problem},
            "moves": ["restore"] if found.deleted_at is not None else lifecycle.asks(found),
        }
    )


_COPIED = (
    "id", "name", "state", "reason", "task", "algorithm", "preset", "seed", "config", "tags",
    "notes", "priority", "parent_id", "study_id", "owner", "max_attempts", "iteration",
    "iterations", "created_at", "started_at", "finished_at", "deleted_at", "versions", "worker_id",
)  # fmt: skip


def _own_fields(found: Run) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _COPIED}
