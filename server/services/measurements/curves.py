"""Columns of many runs as arrays, kept in memory: a live comparison reads only what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, Float, select, type_coerce
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Session

from server.models import Run
from server.services.measurements.metrics import TABLE

PLAIN = ("iteration", "env_steps", "elapsed_seconds", "return", "kl", "entropy")
KEPT_RUNS = 200
Table = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Entry:
    token: int
    table: Table


_caches: WeakKeyDictionary[Engine, OrderedDict[str, _Entry]] = WeakKeyDictionary()
_lock = threading.Lock()


def read(session: Session, run: Run) -> Table:
    """`iteration`, `env_steps`, `elapsed_seconds`, `return`, `kl`, `entropy`, and for each cost
    `cost_<name>` and `regret_<name>`; NaN where nothing was reported.

    A run that an attempt took up again may have stepped back: then it is read anew.
    """
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with _lock:
        cache = _caches.setdefault(engine, OrderedDict())
        entry = cache.get(run.id)
    if entry is None or entry.token != run.token:
        entry = _Entry(run.token, {})
    known = entry.table.get("iteration", np.empty(0))
    newest = int(known[-1]) if len(known) else 0
    table = entry.table
    # A row and the run's own count of them are one commit.
    if not table or newest < run.iteration:
        table = _joined(table, _rows(session, run, newest), run.config["limits"])
    with _lock:
        cache[run.id] = _Entry(run.token, table)
        cache.move_to_end(run.id)
        while len(cache) > KEPT_RUNS:
            cache.popitem(last=False)
    return table


def _rows(session: Session, run: Run, after: int) -> NDArray[np.float64]:
    limits = run.config["limits"]
    costs = [TABLE.c.costs[f"cost_{name}"].as_float() for name in limits]
    if session.get_bind().dialect.name == "sqlite":
        text = type_coerce(TABLE.c.costs, SqlText)
        costs = [text.op("->>", return_type=Float())(f"cost_{name}") for name in limits]
    query = (
        select(*(TABLE.c[name] for name in PLAIN), *costs)
        .where(TABLE.c.run_id == run.id, TABLE.c.iteration > after)
        .order_by(TABLE.c.iteration)
    )
    found = session.execute(query).all()
    width = len(PLAIN) + len(limits)
    return np.array([tuple(r) for r in found], dtype=float).reshape(len(found), width)


def _joined(table: Table, rows: NDArray[np.float64], limits: dict[str, float]) -> Table:
    names = (*PLAIN, *(f"cost_{name}" for name in limits))
    joined = {
        name: np.concatenate((table.get(name, np.empty(0)), rows[:, i]))
        for i, name in enumerate(names)
    }
    for name, limit in limits.items():
        excess = np.maximum(0.0, joined[f"cost_{name}"] - limit)
        joined[f"regret_{name}"] = np.cumsum(np.nan_to_num(excess))
    return joined
