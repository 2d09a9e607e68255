"""Figures of a run, drawn by cpo_core.figures from its metric rows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cpo_core import figures
from server.errors import NotFound
from server.models import Run
from server.schemas import metrics as schemas
from server.schemas.base import Columns
from server.services import metrics, views

_KEPT = 8
_recent: OrderedDict[tuple[Any, ...], Columns] = OrderedDict()
"""A page asks for all figures of a run at once: they share one reading of its rows."""
_reading = threading.Lock()


def available(run: Run) -> schemas.FigureList:
    """The figures that exist for this run, most important first."""
    return schemas.FigureList(
        figures=[schemas.FigureInfo.model_validate(f) for f in figures.names(_context(run))]
    )


def draw(session: Session, run: Run, name: str, x: str, max_points: int) -> schemas.Figure:
    """One figure as Plotly JSON; raises NotFound with the known names."""
    context = _context(run, x)
    known = [f["name"] for f in figures.names(context)]
    if name not in known:
        raise NotFound(f"There is no figure {name!r}; choose {', '.join(known)}.")
    columns = _columns(session, run, max_points)
    return schemas.Figure.model_validate(figures.figure(name, columns, context))


def _columns(session: Session, run: Run, max_points: int) -> Columns:
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    # A run that goes back to its checkpoint does so with a new token.
    key = (engine.url, run.id, run.token, run.iteration, max_points)
    with _reading:
        if key not in _recent:
            _recent[key] = metrics.read(session, run, 0, max_points).columns
        _recent.move_to_end(key)
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
        return _recent[key]


def _context(run: Run, x: str = "iteration") -> dict[str, Any]:
    return {
        "costs": [c.model_dump() for c in views.costs(run)],
        "delta": run.config["delta"],
        "x": x,
    }
