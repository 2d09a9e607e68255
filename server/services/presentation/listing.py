"""The list of runs: filters, order, pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Text, case, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.domain.states import RunState
from server.models import Run
from server.services.presentation import views
from server.web.schemas.runs import RunList

Sort = Literal[
    "created_at", "finished_at", "state", "task", "algorithm", "seed", "name", "priority",
    "iteration", "return", "over_limit", "regret", "elapsed_seconds",
]  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What to show; empty means any."""

    states: Sequence[RunState] = field(default_factory=list)
    task: str | None = None
    algorithm: str | None = None
    study: str | None = None
    tag: str | None = None
    search: str | None = None
    deleted: bool = False


def page(
    session: Session, chosen: Filter, sort: Sort, order: str, limit: int, offset: int
) -> RunList:
    """Runs that match, in order, the oldest first of equals, and how many match in all."""
    matching = conditions(chosen)
    total = session.scalar(select(func.count()).select_from(Run).where(*matching)) or 0
    key = _sort_key(sort)
    ordered = key.desc() if order == "desc" else key.asc()
    query = (
        select(Run)
        .where(*matching)
        .order_by(ordered.nulls_last(), Run.created_at, Run.id)
        .limit(limit)
        .offset(offset)
    )
    found = session.scalars(query).all()
    return RunList(runs=views.many(session, found), total=total)


def conditions(chosen: Filter) -> list[Any]:
    """The filter in terms of the table."""
    wanted: list[Any] = [
        Run.deleted_at.is_not(None) if chosen.deleted else Run.deleted_at.is_(None)
    ]
    if chosen.states:
        wanted.append(Run.state.in_(chosen.states))
    exact = {Run.task: chosen.task, Run.algorithm: chosen.algorithm, Run.study_id: chosen.study}
    wanted += [column == value for column, value in exact.items() if value is not None]
    if chosen.tag is not None:
        wanted.append(cast(Run.tags, Text).contains(f'"{chosen.tag}"', autoescape=True))
    if chosen.search:
        columns = (Run.name, Run.task, Run.algorithm, Run.notes, cast(Run.tags, Text))
        for word in chosen.search.split():
            found = [c.icontains(word, autoescape=True) for c in columns]
            wanted.append(or_(Run.id.startswith(word, autoescape=True), *found))
    return wanted


def _sort_key(sort: Sort) -> Any:
    if sort == "return":
        return Run.latest["return"].as_float()
    if sort == "over_limit":
        return Run.summary["totals", "count"].as_float()
    if sort == "regret":
        return Run.summary["totals", "regret"].as_float()
    if sort == "state":
        order = {state: i for i, state in enumerate(RunState)}
        return case(order, value=Run.state)
    column: InstrumentedAttribute[Any] = getattr(Run, sort)
    return column
