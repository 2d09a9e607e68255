"""What the API gives of metrics, figures and updates."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from server.web.schemas.base import Columns, Scalar


class Metrics(BaseModel):
    """Columns of one run. `total` rows exist after `after`; fewer are given when downsampled."""

    columns: Columns
    total: int
    last_iteration: int


class RunsMetrics(BaseModel):
    """Chosen columns of several runs, by run id."""

    runs: dict[str, Metrics]


class Geometry(BaseModel):
    """The update of one iteration, for the drawing: see cpo_core.spec.reports.IterationReport."""

    iteration: int
    case: str
    accepted: bool
    fraction: float
    delta: float
    geometry: dict[str, Any]
    columns: dict[str, Scalar]
    next: dict[str, Scalar] | None
    """The columns of the next iteration, whose batch shows what the update did; None before it."""


class Figure(BaseModel):
    """A Plotly figure in its JSON form."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class FigureInfo(BaseModel):
    """A figure that can be drawn for this run."""

    name: str
    title: str
    cost: str | None
    figure: Figure | None = None
    """Drawn, where that was asked for."""


class FigureList(BaseModel):
    """The figures of a run."""

    figures: list[FigureInfo]
    begun: bool
    """Whether the run has rows: which curves a figure has is known with the first."""
