"""Turns what training tells into rows: one transaction each, all conditional on the token."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from cpo_core.spec import cases
from cpo_core.spec.reports import (
    CheckpointSaved,
    Event,
    IterationReport,
    TrainingFinished,
    TrainingStarted,
    columns,
)
from server import store
from server.db import Database, is_outage, now
from server.domain.states import RunState
from server.models import Checkpoint, Run, Video
from server.services.files import artifacts, run_log, unreferenced_files
from server.services.ledger import events, lifecycle, summary
from server.services.measurements import metrics
from server.services.scheduling import queue
from server.settings import Settings
from server.worker.lease import RETRY_SECONDS, Lease, clock

log = logging.getLogger("costline.recorder")
T = TypeVar("T")
PAUSE_TAKEN_BACK = "Its pause was taken back while it was saved; it goes on from there."
ASKED_TO_END = (RunState.PAUSING, RunState.STOPPING)


class Recorder:
    """The listener of one attempt. Every write extends the lease; Fenced ends the attempt."""

    def __init__(
        self, database: Database, settings: Settings, lease: Lease,
        shut_down: threading.Event | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._settings = settings
        self._lease = lease
        self._shut_down = shut_down or threading.Event()
        self._run_id, self._token = lease.claim.run_id, lease.claim.token
        self._summary: dict[str, Any] = {}
        self._elapsed = 0.0
        self._costs: list[str] = []
        self._video_at = 0
        self._files = store.of(settings)
        self._kept_at: int | None = None

    def rewind(self, session: Session, run: Run, iteration: int) -> None:
        """Forget what lies past the checkpoint that training continues from."""
        self._costs = list(run.config["limits"])
        metrics.remove_after(session, run.id, iteration)
        rows = metrics.load(session, run.id)
        kept = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
        policies = {c.iteration for c in artifacts.checkpoints(session, run.id)}
        self._summary = {}
        for row in kept:
            known = row["iteration"] - 1 in policies
            self._summary = summary.extend(self._summary, row, self._costs, known)
        self._kept_at = iteration or None
        self._elapsed = kept[-1]["elapsed_seconds"] if kept else 0.0
        latest = summary.latest(kept[-1], self._costs) if kept else None
        self._store(session, iteration, latest)
        events.add(session, "metrics", run.id, iteration=iteration, after=iteration)

    def __call__(self, event: Event) -> None:
        """Record one event of training."""
        if isinstance(event, IterationReport):
            self._report(event)
        elif isinstance(event, CheckpointSaved):
            self._checkpoint(event)
        elif isinstance(event, TrainingStarted):
            self._started(event)
        elif isinstance(event, TrainingFinished):
            self._finished(event)

    @property
    def asked_to_end(self) -> bool:
        """Somebody wants the run paused or stopped."""
        return self._lease.state in ASKED_TO_END

    def write(self, work: Callable[[Session], None]) -> None:
        """Do `work` in a transaction that renews the lease; waits out a database that is away.

        It may run again after a lost connection, so it must give the same when done twice. When
        the database stays away the lease's watch ends this process.
        """

        def once() -> None:
            sent = clock()
            with self._database.write() as session:
                state = queue.renew(session, self._lease.claim, self._lease.seconds)
                work(session)
            self._lease.renewed(sent, state)

        _patiently(once)

    def read(self, work: Callable[[Session], T]) -> T:
        """What `work` finds; waits out a database that is away."""

        def once() -> T:
            with self._database.read() as session:
                return work(session)

        return _patiently(once)

    def _started(self, event: TrainingStarted) -> None:
        def work(session: Session) -> None:
            lifecycle.started(session, self._run_id, self._token)
            query = update(Run).where(Run.id == self._run_id)
            session.execute(query.values(versions=dict(event.versions)))

        self.write(work)
        log.info("action=train from=%d", event.resumed_iteration)

    def _report(self, report: IterationReport) -> None:
        row = metrics.finite(columns(report))
        row["elapsed_seconds"] = self._elapsed + report.seconds_total
        known = report.iteration - 1 == self._kept_at
        extended = summary.extend(self._summary, row, self._costs, known)
        row |= summary.columns(extended, self._costs)

        def work(session: Session) -> None:
            metrics.insert_row(
                session, self._run_id, self._token, row, report.geometry, report.extras
            )
            self._elapsed, self._summary = row["elapsed_seconds"], extended
            self._store(session, report.iteration, summary.latest(row, self._costs))
            events.add(session, "metrics", self._run_id, iteration=report.iteration)

        self.write(work)
        log.info("action=iteration %s", describe(row, self._costs))

    def _store(self, session: Session, iteration: int, latest: Mapping[str, Any] | None) -> None:
        query = update(Run).where(Run.id == self._run_id, Run.token == self._token)
        session.execute(
            query.values(
                iteration=iteration, elapsed_seconds=self._elapsed, summary=self._summary,
                latest=latest,
            )
        )  # fmt: skip

    def _checkpoint(self, event: CheckpointSaved) -> None:
        gone: list[str] = []
        kept: list[Checkpoint] = []
        name = self._files.name(Path(event.path))
        self._files.put(Path(event.path))  # before a row names it
        link = self._link_for_video(event.iteration, name)

        def work(session: Session) -> None:
            checkpoint = Checkpoint(
                run_id=self._run_id, iteration=event.iteration, token=self._token,
                path=name, sha256=event.sha256, size=event.size, created_at=now(),
            )  # fmt: skip
            session.merge(checkpoint)
            session.flush()
            run = lifecycle.held(session, self._run_id, self._token)
            run.losses = 0  # it moves on
            if link is not None:
                artifacts.want_video(session, self._run_id, event.iteration, link)
            gone[:] = artifacts.prune(session, run)
            session.flush()
            kept[:] = artifacts.checkpoints(session, run.id)

        self.write(work)
        self._video_at = self._kept_at = event.iteration
        self._remove(gone, kept)
        run_log.share(self._settings, self._run_id, self._token)
        log.info("action=checkpoint iteration=%d sha256=%s", event.iteration, event.sha256[:12])

    def _remove(self, gone: list[str], kept: list[Checkpoint]) -> None:
        """Files of checkpoints that are not kept; a failure only leaves them for a later time."""
        try:
            exported = unreferenced_files.exports(self._settings, self._run_id, kept)
            self._files.remove([*map(self._files.path, gone), *exported])
        except OSError as error:
            log.warning("action=prune failed=true error=%s", error)

    def _link_for_video(self, iteration: int, checkpoint: str) -> str | None:
        """The weights by a name of their own, if a video of them is to be made."""

        def due(session: Session) -> bool:
            if session.get(Video, (self._run_id, iteration)) is not None:
                return False
            return self._video_due(session.get_one(Run, self._run_id), iteration)

        if not self.read(due):
            return None
        return artifacts.link_for_video(self._settings, self._run_id, iteration, checkpoint)

    def _video_due(self, run: Run, iteration: int) -> bool:
        """At the first checkpoint, after every `video_every` iterations, and at the end."""
        every = run.config["video_every"]
        if not every or not self._settings.videos:
            return False
        if self._video_at == 0 or iteration == run.iterations or self.asked_to_end:
            return True
        return iteration // every > self._video_at // every

    def resumed_at(self, iteration: int) -> None:
        """Training continues from here: the videos up to here have been asked for."""
        self._video_at = iteration

    def _finished(self, event: TrainingFinished) -> None:
        # A run that ends although nobody wants it to any more was asked to, and no longer is.
        reason = lifecycle.SHUT_DOWN if self._shut_down.is_set() else PAUSE_TAKEN_BACK

        def work(session: Session) -> None:
            lifecycle.ended(
                session, self._run_id, self._token, completed=event.completed, reason=reason
            )

        self.write(work)
        self._lease.stop()
        log.info("action=end iteration=%d completed=%s", event.iteration, event.completed)


def _patiently(work: Callable[[], T]) -> T:
    while True:
        try:
            return work()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("action=wait database=away error=%s", type(error).__name__)
            time.sleep(RETRY_SECONDS)


def describe(row: Mapping[str, Any], costs: list[str]) -> str:
    """One line of the log."""
    parts = [f"{n}={row[f'cost_{n}']:.4g}/{row[f'limit_{n}']:g}" for n in costs]
    # In quotes: the title of a case has spaces. Logs of older runs hold its bare name.
    case = json.dumps(cases.title(row["case"], row["accepted"]), ensure_ascii=False)
    return (
        f"iteration={row['iteration']} return={row['return']:.4g} {' '.join(parts)} "
        f"kl={row['kl']:.3g} case={case} seconds={row['seconds_total']:.2f}"
    )
