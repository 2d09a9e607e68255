"""Comparisons of runs: groups over seeds, and the report to send to a colleague."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic_core import to_json

from server.domain.states import RunState
from server.services.presentation import compare, listing, report, studies
from server.services.presentation.compare import Wish, XAxis
from server.web.deps import Reading
from server.web.schemas.compare import Comparison

router = APIRouter(prefix="/api", tags=["compare"])
ANSWER: dict[int | str, dict[str, Any]] = {200: {"model": Comparison}}


def _view(
    group: Annotated[str | None, Query(description="A field named in `fields`.")] = None,
    x: XAxis = "iteration",
    statistic: Literal["mean", "iqm"] = "mean",
    start: Annotated[float | None, Query(description="Left end of the visible range.")] = None,
    end: Annotated[float | None, Query(description="Right end of the visible range.")] = None,
    singles: Annotated[bool, Query(description="Show individual runs, as thin lines.")] = False,
) -> Wish:
    """How to group and draw, of no runs yet."""
    window = (start, end) if start is not None and end is not None and start < end else None
    return Wish([], listing.Filter(), group, x, statistic, window, singles)


ViewDep = Annotated[Wish, Depends(_view)]


def _wish(
    view: ViewDep,
    run: Annotated[list[str], Query(max_length=500, description="Run ids.")] = [],  # noqa: B006
    study: str | None = None,
    state: Annotated[list[RunState] | None, Query()] = None,
    task: str | None = None,
    algorithm: str | None = None,
    tag: str | None = None,
    search: str | None = None,
) -> Wish:
    chosen = listing.Filter(
        states=state or [], task=task, algorithm=algorithm, study=study, tag=tag, search=search
    )
    return replace(view, ids=run, chosen=chosen)


WishDep = Annotated[Wish, Depends(_wish)]


@router.get("/compare", response_class=Response, responses=ANSWER)
def compare_runs(wish: WishDep, session: Reading, request: Request) -> Response:
    """Runs in groups with their final results and drawings, by min/max-preserving downsampling."""
    return _packed(to_json(compare.compare(session, wish), inf_nan_mode="null"), request)


@router.get("/compare/report", response_class=HTMLResponse)
def compare_report(wish: WishDep, session: Reading, request: Request) -> Response:
    """The comparison as one HTML file that needs no network."""
    return _file(report.html(session, wish, "Comparison", _address(request)), "comparison")


@router.get("/studies/{study_id}/report", response_class=HTMLResponse)
def study_report(study_id: str, view: ViewDep, session: Reading, request: Request) -> Response:
    """A study as one HTML file that needs no network, grouped and drawn as asked."""
    study = studies.get(session, study_id)
    wish = replace(view, chosen=listing.Filter(study=study.id))
    return _file(report.html(session, wish, study.name, _address(request)), study.name)


def _packed(body: bytes, request: Request) -> Response:
    """Compressed where the caller understands it: figures shrink to a quarter."""
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=3)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


def _file(text: str, name: str) -> Response:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "report"
    headers = {"Content-Disposition": f'attachment; filename="costline-{slug}.html"'}
    return HTMLResponse(text, headers=headers)


def _address(request: Request) -> str:
    return str(request.base_url).rstrip("/")
