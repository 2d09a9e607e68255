"""Measurements of runs as columns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from server.services.ledger import runs
from server.services.measurements import history, metrics
from server.web.deps import Reading
from server.web.schemas.base import Integer
from server.web.schemas.metrics import Geometry, Metrics, RunsMetrics

router = APIRouter(prefix="/api", tags=["metrics"])

After = Annotated[Integer, Query(description="Only iterations after this one.")]
MaxPoints = Annotated[
    int | None,
    Query(
        ge=4,
        le=100_000,
        description="At most about this many rows, by min/max-preserving downsampling.",
    ),
]


@router.get("/runs/{run_id}/metrics")
def get_metrics(
    run_id: str,
    session: Reading,
    after: After = 0,
    max_points: MaxPoints = None,
    columns: Annotated[list[str] | None, Query()] = None,
) -> Metrics:
    """All columns of a run, or those named; equally long arrays."""
    return history.read(session, runs.get(session, run_id), after, max_points, columns)


@router.get("/metrics")
def get_runs_metrics(
    session: Reading,
    run: Annotated[list[str], Query(min_length=1, max_length=200)],
    columns: Annotated[list[str] | None, Query()] = None,
    max_points: MaxPoints = 500,
) -> RunsMetrics:
    """Chosen columns of several runs in one answer."""
    found = [runs.get(session, run_id) for run_id in run]
    return RunsMetrics(runs={r.id: history.read(session, r, 0, max_points, columns) for r in found})


@router.get("/runs/{run_id}/updates/{iteration}")
def get_update(run_id: str, iteration: Integer, session: Reading) -> Geometry:
    """The geometry of one update."""
    return metrics.geometry(session, runs.get(session, run_id), iteration)
