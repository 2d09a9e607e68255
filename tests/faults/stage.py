"""A service of real processes that may be hurt: its workers, its runs, its database."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cpo_core.spec.config import make_config
from cpo_core.spec.reports import columns
from server.db import Database
from server.domain.states import RunState
from server.models import Attempt, Checkpoint, Metric, Run, Worker
from server.operations import migrate
from server.services.ledger import runs
from server.services.measurements import metrics
from server.settings import Settings
from server.web.schemas.runs import RunCreate
from tests.acceptance.service import free_port
from tests.faults import audit
from tests.faults.postgres import FallingPostgres

LEASE = 10.0
GRACE = 3.0
PATIENCE = 180.0
SEED = 7
CONFIG = {
    "iterations": 24, "batch_size": 300, "environments": 5, "checkpoint_every": 4, "threads": 1,
    "hidden": [16], "value_hidden": [16], "video_every": 0,
}  # fmt: skip
_BASELINES: dict[str, dict[str, list[Any]]] = {}


class Stage:
    """One service in `folder`; `close` ends its processes."""

    def __init__(
        self, folder: Path, postgres: FallingPostgres | None = None, lease: float = LEASE
    ) -> None:
        self.folder = folder
        self.postgres = postgres
        self.port = free_port()
        url = postgres.database() if postgres else ""
        self.settings = Settings(
            data_dir=folder, database_url=url, port=self.port, lease_seconds=lease,
            grace_seconds=GRACE, poll_seconds=0.1, videos=False, low_disk=0,
        )  # fmt: skip
        self.database = Database(self.settings.url)
        migrate.upgrade(self.database)
        audit.install(self.database)
        self.fault = ""
        self.extra: dict[str, str] = {}
        self.module = "server.worker"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start `python -m COMMAND` over this service."""
        environment = self.settings.environment() | {"FAULT": self.fault} | self.extra
        environment.pop("COSTLINE_PARENT_PID", None)
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def workers(self, count: int) -> None:
        """Have this many workers, all of them ready."""
        while len(self.alive()) < count:
            self._workers.append(self.start(self.module))
        pids = {p.pid for p in self.alive()}
        self.wait(lambda: pids <= self._registered(), "the workers to be ready")

    def dismiss(self) -> None:
        """End every worker in order."""
        for process in self.alive():
            process.terminate()
            process.wait(PATIENCE)

    def alive(self) -> list[subprocess.Popen[bytes]]:
        """Workers that run."""
        return [p for p in self._workers if p.poll() is None]

    def _registered(self) -> set[int]:
        with self.database.read() as session:
            return set(session.scalars(select(Worker.pid).where(Worker.state == "running")))

    def submit(self, **config: Any) -> str:
        """Id of a new small run."""
        body = RunCreate(task="point-circle", algorithm="cpo", seed=SEED, config=CONFIG | config)
        with self.database.write() as session:
            return runs.create(session, self.settings, body, "local").id

    def ask(self, wish: Callable[..., Run], run_id: str) -> None:
        """Pause, resume, stop or retry (functions of lifecycle)."""
        with self.database.write() as session:
            wish(session, run_id)

    def run(self, run_id: str) -> Run:
        """The run as it is now."""
        with self.database.read() as session:
            return session.get_one(Run, run_id)

    def checkpoints(self, run_id: str) -> list[Checkpoint]:
        """Its checkpoints, oldest first."""
        query = select(Checkpoint).where(Checkpoint.run_id == run_id)
        with self.database.read() as session:
            return list(session.scalars(query.order_by(Checkpoint.iteration)))

    def attempt(self, run_id: str) -> psutil.Process:
        """The process that trains this run now."""
        run = self.run(run_id)
        for child in self.supervisor(run_id).children():
            with contextlib.suppress(psutil.Error):
                if child.cmdline()[-2:] == [run_id, str(run.token)]:
                    return child
        raise AssertionError(f"run {run_id} has no process in state {run.state}")

    def supervisor(self, run_id: str) -> psutil.Process:
        """The worker that holds this run."""
        query = select(Worker.pid).join(Run, Run.worker_id == Worker.id).where(Run.id == run_id)
        with self.database.read() as session:
            pid = session.scalar(query)
        assert pid is not None, f"no worker holds run {run_id}"
        return psutil.Process(pid)

    def reach(self, run_id: str, iteration: int) -> None:
        """Wait until this iteration is recorded."""
        self.wait(lambda: self.run(run_id).iteration >= iteration, f"iteration {iteration}")

    def state(self, run_id: str, *states: RunState, seconds: float = PATIENCE) -> Run:
        """The run once it is in one of these states."""
        self.wait(lambda: self.run(run_id).state in states, f"state {states}", seconds)
        return self.run(run_id)

    def finish(self, run_id: str, **config: Any) -> None:
        """Wait for success, then check every promise and the metrics bit for bit."""
        run = self.state(run_id, RunState.SUCCEEDED, RunState.FAILED)
        assert run.state == RunState.SUCCEEDED, run.reason
        audit.check(self.database, run_id)
        found, expected = audit.columns(self.database, run_id), self.baseline(**config)
        for name, values in expected.items():
            assert found[name] == values, f"column {name} differs from the uninterrupted run"

    def baseline(self, **config: Any) -> dict[str, list[Any]]:
        """Metrics of the same run when nobody disturbs it, as the library alone gives them."""
        key = repr(sorted(config.items()))
        if key not in _BASELINES:
            from cpo_core.training.loop import train

            whole = make_config("point-circle", "cpo", seed=SEED, **(CONFIG | config))
            rows = [metrics.finite(columns(report)) for report in train(whole).reports]
            names = [name for name in rows[0] if "seconds" not in name]
            _BASELINES[key] = {name: [row[name] for row in rows] for name in names}
        return _BASELINES[key]

    def recovery(self, run_id: str, since: float) -> dict[str, float]:
        """Seconds from `since` until the next claim, and until the next recorded iteration."""
        with self.database.read() as session:
            claimed = session.scalar(
                select(func.min(Attempt.claimed_at)).where(
                    Attempt.run_id == run_id, Attempt.claimed_at >= since)
            )  # fmt: skip
            trained = session.scalar(
                select(func.min(Metric.created_at)).where(
                    Metric.run_id == run_id, Metric.created_at >= (claimed or since))
            )  # fmt: skip
        found = {"claimed": claimed, "trains": trained}
        return {name: round(at - since, 2) for name, at in found.items() if at is not None}

    def writable(self) -> bool:
        """Whether nobody holds SQLite's write lock now; always true on PostgreSQL."""
        if self.database.kind != "sqlite":
            return True
        with contextlib.closing(sqlite3.connect(self.folder / "costline.sqlite3")) as connection:
            connection.execute("PRAGMA busy_timeout = 1000")
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
        return True

    def wait(self, good: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Look until it is so; a database that is away counts as not yet."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(SQLAlchemyError):
                if good():
                    return
            assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
            time.sleep(0.02)

    def close(self) -> None:
        """End everything that is left."""
        for process in [p for p in self.processes if p.poll() is None]:
            for each in [psutil.Process(process.pid), *children(process.pid)]:
                with contextlib.suppress(psutil.Error):
                    each.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.database.close()


def children(pid: int) -> list[psutil.Process]:
    """All descendants of a process."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def kill(process: psutil.Process | subprocess.Popen[bytes]) -> float:
    """kill -9; when it was."""
    at = time.time()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    return at
