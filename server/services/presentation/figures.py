"""Figures of a run, drawn by cpo_core.figures from its metric rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from cpo_core import figures
from server.errors import NotFound
from server.models import Run
from server.services.measurements import history
from server.services.presentation import views
from server.web.schemas import metrics as schemas
from server.web.schemas.base import Columns


def available(session: Session, run: Run, x: str | None, max_points: int) -> schemas.FigureList:
    """The figures that exist for this run, most important first; with `x` each one drawn."""
    columns = history.read(session, run, 0, max_points).columns if x else None
    context = _context(run, x or "iteration")
    found = [schemas.FigureInfo.model_validate(f) for f in figures.names(context)]
    if columns is not None:
        for info in found:
            info.figure = _figure(info.name, columns, context)
    return schemas.FigureList(figures=found, begun=run.iteration > 0)


def draw(session: Session, run: Run, name: str, x: str, max_points: int) -> schemas.Figure:
    """One figure as Plotly JSON; raises NotFound with the known names."""
    context = _context(run, x)
    known = [f["name"] for f in figures.names(context)]
    if name not in known:
        raise NotFound(f"There is no figure {name!r}; choose {', '.join(known)}.")
    return _figure(name, history.read(session, run, 0, max_points).columns, context)


def _figure(name: str, columns: Columns, context: dict[str, Any]) -> schemas.Figure:
    return schemas.Figure.model_validate(figures.figure(name, columns, context))


def _context(run: Run, x: str) -> dict[str, Any]:
    return {
        "costs": [c.model_dump() for c in views.costs(run)],
        "delta": run.config["delta"],
        "x": x,
    }
