"""Synthetic runs in a real database: shaped like training, written without training."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import Table, insert

from cpo_core.spec import reports
from cpo_core.spec.reports import CostReport, IterationReport
from server.db import Database, now
from server.domain.states import RunState
from server.models import Event, Metric, Run
from server.services.ledger import runs, summary
from server.services.measurements import metrics
from server.settings import Settings
from server.web.schemas.runs import RunCreate

TABLE = cast(Table, Metric.__table__)
ALGORITHMS = {
    "cpo": ("CPO", {}, 5.0, 60.0),
    "trpo": ("no constraint (TRPO)", {}, 24.0, 82.0),
    "fpo": ("large penalty", {"options": {"nu": [10.0]}}, 1.2, 25.0),
    "pdo": ("primal-dual", {}, 6.0, 56.0),
}
"""Label, configuration, final cost and final return by algorithm."""


def create(
    database: Database, settings: Settings, algorithm: str, seed: int, iterations: int,
    *, state: RunState = RunState.SUCCEEDED, study: str | None = None, name: str = "",
) -> str:  # fmt: skip
    """Id of a new run of Point-Circle with so many rows; its summary is that of its rows."""
    label, config, *_ = ALGORITHMS[algorithm]
    body = RunCreate(
        task="point-circle", algorithm=algorithm, seed=seed, name=name, tags=[label],
        config={**config, "iterations": max(iterations, 1)},
    )  # fmt: skip
    with database.write() as session:
        run = runs.create(session, settings, body, "local", study_id=study)
        run.state, run.iteration, run.token = state, iterations, 1
        found = list(rows(algorithm, seed, 1, iterations))
        state_so_far: dict[str, Any] = {}
        for row in found:
            state_so_far = summary.extend(state_so_far, row, ["outside"])
        if found:
            run.summary, run.latest = state_so_far, summary.latest(found[-1], ["outside"])
            run.elapsed_seconds = found[-1]["elapsed_seconds"]
            session.execute(insert(TABLE), [stored(run.id, row) for row in found])
        run.started_at = run.created_at
        if state in (RunState.SUCCEEDED, RunState.STOPPED, RunState.FAILED):
            run.finished_at = run.created_at + run.elapsed_seconds
        return run.id


def append(database: Database, run_id: str, algorithm: str, seed: int, iteration: int) -> None:
    """One more iteration, told to open pages as the recorder does."""
    (row,) = rows(algorithm, seed, iteration, iteration)
    with database.write() as session:
        run = session.get_one(Run, run_id)
        run.iteration, run.latest = iteration, summary.latest(row, ["outside"])
        session.execute(insert(TABLE), [stored(run_id, row)])
        data = {"iteration": iteration, "after": iteration - 1}
        session.add(Event(at=now(), kind="metrics", run_id=run_id, message="", data=data))


def stored(run_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as the table has it."""
    plain = {name: row[name] for name in metrics.PLAIN}
    costs = {name: value for name, value in row.items() if name not in plain}
    return plain | {
        "run_id": run_id, "token": 1, "created_at": 0.0, "costs": costs, "geometry": {},
        "extras": {},
    }  # fmt: skip


def rows(algorithm: str, seed: int, first: int, last: int) -> Iterator[dict[str, Any]]:
    """Columns of iterations `first` to `last`; the same for the same seed."""
    _, _, cost, value = ALGORITHMS[algorithm]
    regret = 0.0
    for i in range(1, last + 1):
        noise = random.Random(f"{algorithm}{seed}{i}")
        done = 1 - math.exp(-i / max(40.0, last / 8))
        now_cost = max(0.0, 30 * (1 - done) + cost * done + noise.gauss(0, 0.5) + seed * 0.06)
        regret += max(0.0, now_cost - 5)
        if i >= first:
            yield _row(i, now_cost, value * done + noise.gauss(0, 1.5) - seed, regret, noise)


def _row(i: int, cost: float, value: float, regret: float, noise: random.Random) -> dict[str, Any]:
    record = IterationReport(
        iteration=i, env_steps=i * 20_000, episodes=300, episode_length=65.0, return_mean=value,
        return_se=1.2, kl=0.0095 + noise.gauss(0, 0.0004), delta=0.01, entropy=2.8 - i * 1e-4,
        case="reward", accepted=True, line_search_tries=1, step_fraction=1.0, lam=2.0, q=0.1,
        promised_return=0.5, surrogate_return=0.4, measured_return=None, explained_variance=0.5,
        seconds_sampling=0.1, seconds_update=0.05, seconds_values=0.05, seconds_total=0.2,
        costs=(CostReport("outside", 5.0, cost, 0.3, cost - 5.0, regret=regret),),
    )  # fmt: skip
    return reports.columns(record) | {"elapsed_seconds": 0.2 * i + noise.random() * 0.01}
