"""Metric rows as columns, with downsampling that keeps every extreme."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from sqlalchemy import Float, Table, delete, func, insert, select, type_coerce
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Session
from tsdownsample import MinMaxDownsampler

from cpo_core.spec import registry
from server.db import now
from server.errors import Invalid, NotFound
from server.models import Metric, Run
from server.web.schemas.base import Columns
from server.web.schemas.metrics import Geometry

HIDDEN = ("run_id", "token", "created_at", "costs", "geometry", "extras")
TABLE = cast(Table, Metric.__table__)
PLAIN = tuple(c.name for c in TABLE.columns if c.name not in HIDDEN)
KEYS = ("return", "kl")
"""Columns whose extremes survive downsampling, beside every `cost_<name>`."""


def insert_row(
    session: Session, run_id: str, token: int, row: Mapping[str, Any],
    geometry: Mapping[str, Any], extras: Mapping[str, Any],
) -> None:  # fmt: skip
    """Store one iteration in place of whatever was there."""
    clean = {name: finite(value) for name, value in row.items()}
    session.execute(
        delete(Metric).where(Metric.run_id == run_id, Metric.iteration == row["iteration"])
    )
    values = {name: clean[name] for name in PLAIN}
    costs = {name: value for name, value in clean.items() if name not in values}
    values |= {"run_id": run_id, "token": token, "created_at": now(), "costs": costs}
    values |= {"geometry": finite(geometry), "extras": finite(extras)}
    session.execute(insert(TABLE).values(values))


def remove_after(session: Session, run_id: str, iteration: int) -> int:
    """Forget iterations past a checkpoint; the number of rows removed."""
    query = delete(Metric).where(Metric.run_id == run_id, Metric.iteration > iteration)
    return session.execute(query).rowcount  # type: ignore[attr-defined]


def load(session: Session, run_id: str, after: int = 0, upto: int | None = None) -> Columns:
    """All columns of the iterations in (after, upto]."""
    chosen = [TABLE.c[name] for name in PLAIN]
    query = _rows(run_id, after, *chosen, type_coerce(TABLE.c.costs, SqlText))
    if upto is not None:
        query = query.where(TABLE.c.iteration <= upto)
    rows = session.execute(query).all()
    if not rows:
        return {name: [] for name in PLAIN}
    *plain, costs = map(list, zip(*rows, strict=True))
    columns: Columns = dict(zip(PLAIN, plain, strict=True))
    # One parse of a joined text is several times faster than one parse a row.
    parsed = costs if isinstance(costs[0], dict) else json.loads(f"[{','.join(costs)}]")
    for name in parsed[-1]:
        columns[name] = [row.get(name) for row in parsed]
    return columns


def chosen(session: Session, run: Run, after: int, names: Sequence[str]) -> Columns:
    """`iteration` and the named columns, without reading the others; raises Invalid for an
    unknown name.

    Columns of costs that only other tasks have hold None, so that one request may name the
    columns of runs with different costs.
    """
    newest = session.scalars(
        select(TABLE.c.costs)
        .where(TABLE.c.run_id == run.id)
        .order_by(TABLE.c.iteration.desc())
        .limit(1)
    ).first()
    known = (*PLAIN, *(newest or ()))
    wanted = list(dict.fromkeys(["iteration", *names]))
    unknown = set(wanted) - set(known)
    if unknown and newest is not None:
        unknown -= _of_other_costs(newest, run)
    if unknown and newest is not None:
        first = min(unknown)
        raise Invalid(f"No column {first!r}.", [("columns", f"must be among {', '.join(known)}")])
    rows = session.execute(_rows(run.id, after, *(_column(session, n) for n in wanted))).all()
    values = map(list, zip(*rows, strict=True)) if rows else ([] for _ in wanted)
    return dict(zip(wanted, values, strict=True))


def _of_other_costs(newest: Mapping[str, Any], run: Run) -> set[str]:
    """The run's columns per cost, as they are called for the costs of every known task."""
    names = {cost.name for task in registry.tasks().values() for cost in task.costs}
    quantities = {
        column.removesuffix(own)
        for own in (f"_{name}" for name in run.config["limits"])
        for column in newest
        if column.endswith(own)
    }
    return {f"{quantity}_{name}" for quantity in quantities for name in names}


def _rows(run_id: str, after: int, *columns: Any) -> Any:
    return (
        select(*columns)
        .where(TABLE.c.run_id == run_id, TABLE.c.iteration > after)
        .order_by(TABLE.c.iteration)
    )


def _column(session: Session, name: str) -> Any:
    if name in PLAIN:
        return TABLE.c[name]
    if session.get_bind().dialect.name == "sqlite":
        # `->>` gives the number itself; SQLAlchemy's own form goes by way of quoted text.
        return type_coerce(TABLE.c.costs, SqlText).op("->>", return_type=Float())(name)
    return TABLE.c.costs[name].as_float()


def downsample(columns: Columns, max_points: int) -> Columns:
    """About `max_points` rows: the ends, and the extremes of return, KL and every cost.

    On top of these, rejected updates and both sides of every change of case, as long as they are
    no more than a quarter of `max_points` each; else a part of them, evenly chosen.
    """
    total = len(columns["iteration"])
    keys = [n for n in columns if n in KEYS or f"limit_{n.removeprefix('cost_')}" in columns]
    keys = keys or [n for n in columns if n != "iteration"][:4]
    budget = max(4, (max_points // max(1, len(keys))) // 2 * 2)
    kept = {0, total - 1}
    for name in keys:
        values = np.array([_number(v) for v in columns[name]])
        if np.isnan(values).all():
            continue
        values = np.nan_to_num(values, nan=float(np.nanmean(values)))
        kept.update(MinMaxDownsampler().downsample(values, n_out=min(budget, total)).tolist())
    kept.update(_evenly(_rejected(columns), max_points // 4))
    kept.update(_evenly(_turns(columns), max_points // 4))
    order = sorted(kept)
    return {name: [values[i] for i in order] for name, values in columns.items()}


def _rejected(columns: Columns) -> list[int]:
    return [i for i, accepted in enumerate(columns.get("accepted", ())) if accepted is False]


def _turns(columns: Columns) -> list[int]:
    """Rows before and after a change of case, or from accepted to rejected."""
    if "case" not in columns or "accepted" not in columns:
        return []
    kinds = list(zip(columns["case"], columns["accepted"], strict=True))
    turns = [i for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]]
    return sorted({j for i in turns for j in (i - 1, i)})


def _evenly(rows: list[int], most: int) -> list[int]:
    step = max(1.0, len(rows) / most)
    return [rows[int(k * step)] for k in range(min(len(rows), most))]


def geometry(session: Session, run: Run, iteration: int) -> Geometry:
    """The update of one iteration; raises NotFound."""
    row = session.get(Metric, (run.id, iteration))
    if row is None:
        last = session.scalar(select(func.max(Metric.iteration)).where(Metric.run_id == run.id))
        raise NotFound(f"Run {run.id} has no iteration {iteration}; its last is {last or 0}.")
    columns = load(session, run.id, iteration - 1, iteration + 1)
    of_update, *after = (dict(zip(columns, values, strict=True))
                         for values in zip(*columns.values(), strict=True))  # fmt: skip
    return Geometry(
        iteration=iteration, case=row.case, accepted=row.accepted,
        fraction=row.step_fraction or 0.0, delta=row.delta or 0.0, geometry=row.geometry,
        columns=of_update, next=after[0] if after else None,
    )  # fmt: skip


def finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become None, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return value


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
