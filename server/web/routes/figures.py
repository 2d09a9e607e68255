"""Figures of a run as Plotly JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from server.services.ledger import runs
from server.services.presentation import figures
from server.web.deps import Reading
from server.web.schemas.metrics import Figure, FigureList

router = APIRouter(prefix="/api/runs/{run_id}/figures", tags=["figures"])


XAxis = Literal["iteration", "env_steps", "elapsed_seconds"]
MaxPoints = Annotated[int, Query(ge=4, le=100_000)]


@router.get("")
def list_figures(
    run_id: str,
    session: Reading,
    x: Annotated[XAxis | None, Query(description="Draw each of them along this.")] = None,
    max_points: MaxPoints = 2000,
) -> FigureList:
    """The figures that exist for this run, drawn if `x` is given."""
    return figures.available(session, runs.get(session, run_id), x, max_points)


@router.get("/{name}")
def get_figure(
    run_id: str,
    name: str,
    session: Reading,
    x: XAxis = "iteration",
    max_points: MaxPoints = 2000,
) -> Figure:
    """One figure, drawn by the same function that the library uses."""
    return figures.draw(session, runs.get(session, run_id), name, x, max_points)
