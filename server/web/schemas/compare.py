"""What a comparison answers. The page's TypeScript types are generated from these models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from server.domain.states import RunState


class Aggregated(BaseModel):
    """One figure over n seeds: mean ± half (95 %), its standard error, the interquartile mean."""

    n: int
    mean: float
    half: float | None
    se: float | None
    iqm: float


class FinalCost(BaseModel):
    """A cost over the last tenth of training. `verdict` is within, noise or over."""

    value: Aggregated | None
    limit: float
    verdict: str | None
    over_share: Aggregated | None
    regret: Aggregated | None


class ComparedRun(BaseModel):
    """A run as a member of its group."""

    id: str
    title: str
    seed: int
    state: RunState
    iteration: int
    iterations: int


class ComparedGroup(BaseModel):
    """Runs with one value of the chosen field. `n` of them have measurements."""

    name: str
    runs: list[ComparedRun]
    n: int
    return_: Aggregated | None
    seconds: Aggregated | None
    costs: dict[str, FinalCost]


class ComparedFigure(BaseModel):
    """A figure of the comparison as Plotly JSON; `summary` says it in one sentence."""

    name: str
    title: str
    summary: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]


class GroupField(BaseModel):
    """Something that runs can be grouped by."""

    name: str
    title: str


class Comparison(BaseModel):
    """Groups, their final results and the drawings; `shown` of `total` runs were taken."""

    shown: int
    total: int
    rows: int
    """Iterations behind the figures; curves are thinned, every extreme kept."""
    group: str
    fields: list[GroupField]
    groups: list[ComparedGroup]
    costs: list[dict[str, str]]
    figures: list[ComparedFigure]
