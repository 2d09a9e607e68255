"""The training record of a run: what its policies came from, to be kept beside their files."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from server.models import Run
from server.services.files import artifacts
from server.services.measurements import metrics
from server.services.presentation import views
from server.services.scheduling import evaluations
from server.settings import Settings


def of(session: Session, settings: Settings, run: Run) -> dict[str, Any]:
    """Configuration, limits, software, iterations, checkpoints and measurements, JSON-ready."""
    shown = views.run(session, run).model_dump(mode="json", by_alias=True)
    about = (
        "id", "name", "task", "algorithm", "preset", "seed", "state", "created_at", "started_at",
        "finished_at", "versions", "costs", "summary", "config",
    )  # fmt: skip
    return {
        "run": {name: shown[name] for name in about},
        "checkpoints": [
            {"iteration": c.iteration, "sha256": c.sha256, "size": c.size}
            for c in artifacts.checkpoints(session, run.id)[::-1]
        ],
        "evaluations": [
            e.model_dump(mode="json", by_alias=True)
            for e in evaluations.listing(session, run).evaluations
            if e.result is not None
        ],
        "iterations": metrics.load(session, run.id),
    }
