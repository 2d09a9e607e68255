"""Figures of a run as Plotly JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from server.deps import Reading
from server.schemas.metrics import Figure, FigureList
from server.services import figures, runs

router = APIRouter(prefix="/api/runs/{run_id}/figures", tags=["figures"])


@router.get("")
def list_figures(run_id: str, session: Reading) -> FigureList:
    """The figures that exist for this run."""
    return figures.available(runs.get(session, run_id))


@router.get("/{name}")
def get_figure(
    run_id: str,
    name: str,
    session: Reading,
    x: Literal["iteration", "env_steps", "elapsed_seconds"] = "iteration",
    max_points: Annotated[int, Query(ge=4, le=100_000)] = 2000,
) -> Figure:
    """One figure, drawn by the same function that the library uses."""
    return figures.draw(session, runs.get(session, run_id), name, x, max_points)
