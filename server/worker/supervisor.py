"""A worker: claims runs while it has room, watches its attempts, and tidies up.

Its loop survives a database that is away: attempts go on by themselves as long as their lease
lasts. On SIGTERM the attempts save a checkpoint and their runs go back to the queue.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import server
from server import store
from server.db import Database, is_outage, now
from server.errors import Fenced
from server.executors.base import Executor
from server.models import Run, Worker
from server.services import artifacts, lifecycle, queue, runs, trash, workers
from server.services.queue import Claim
from server.settings import Settings
from server.worker.alerter import Alerter
from server.worker.evaluator import Evaluator
from server.worker.renderer import Renderer

log = logging.getLogger("costline.worker")
BEAT_SECONDS = 5.0
TIDY_SECONDS = 60.0
START_SECONDS = 180.0
"""Loading the learning libraries takes seconds, on a busy machine many."""
ENDING_SECONDS = 10.0
"""A process whose run is over or belongs to another has so long to end by itself."""


class Supervisor:
    """See the module."""

    def __init__(self, database: Database, settings: Settings, executor: Executor) -> None:
        self.id = f"{socket.gethostname()[:20]}-{runs.new_id()}"
        self._database = database
        self._settings = settings
        self._executor = executor
        self._renderer = Renderer(database, settings, self.id)
        self._evaluator = Evaluator(database, settings)
        self._alerter = Alerter(database, settings)
        self._held: dict[Claim, float] = {}
        self._unreported: dict[Claim, str] = {}
        self._strange: dict[Claim, float] = {}
        """Attempts that hold no run any more, and since when: they are about to end, or frozen."""
        self._stopping = threading.Event()
        self._due: dict[str, float] = {}

    def stop(self) -> None:
        """Ask the worker to end; safe in a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Work until asked to end, then give every run back."""
        while not self._stopping.is_set() and not self._patiently(self._register):
            self._stopping.wait(self._settings.poll_seconds)
        while not self._stopping.is_set():
            self._patiently(self._look)
            self._stopping.wait(self._settings.poll_seconds)
        self._shut_down()

    def _register(self) -> None:
        room = self._executor.capacity()
        with self._database.write() as session:
            workers.register(
                session,
                Worker(
                    id=self.id, host=socket.gethostname(), pid=os.getpid(), state="running",
                    executor=self._executor.name, slots=room.slots, gpus=room.gpus,
                    version=server.VERSION,
                ),
            )  # fmt: skip
        log.info("action=register slots=%d gpus=%d", room.slots, room.gpus)
        if self._settings.videos:
            self._renderer.start()
        self._evaluator.start()
        self._alerter.start()

    def _look(self) -> None:
        self._reap()
        self._kill_overdue()
        if self._is_due("keep", self._settings.lease_seconds / 6):
            self._keep_starting()
        if self._is_due("sweep", max(1.0, self._settings.lease_seconds / 6)):
            self._sweep()
            self._adopt()
        while not self._stopping.is_set() and self._claim():
            pass
        if self._is_due("beat", BEAT_SECONDS):
            with self._database.write() as session:
                workers.beat(session, self.id)
        if self._is_due("tidy", TIDY_SECONDS):
            self._tidy()

    def _claim(self) -> bool:
        free = self._executor.free(self._held)
        if free.slots <= 0:
            return False
        chosen = self._settings
        with self._database.read() as session:  # the common answer, without the write lock
            if not queue.order(session, chosen.owner_limit):
                return False
        with self._database.write() as session:
            claim = queue.claim(
                session, self.id, free, chosen.lease_seconds, chosen.owner_limit
            )  # fmt: skip
        if claim is None:
            return False
        log.info("action=claim run=%s token=%d", claim.run_id, claim.token)
        self._held[claim] = time.monotonic()
        try:
            self._executor.start(claim)
        except OSError as error:
            del self._held[claim]
            self._unreported[claim] = f"The training process could not be started: {error}"
        return True

    def _reap(self) -> None:
        for ended in self._executor.ended():
            self._held.pop(ended.claim, None)
            self._strange.pop(ended.claim, None)
            if ended.known:
                self._unreported[ended.claim] = ended.reason
        for claim, reason in list(self._unreported.items()):
            with self._database.write() as session:
                self._report_lost(session, claim, reason)
            del self._unreported[claim]

    def _report_lost(self, session: Session, claim: Claim, reason: str) -> None:
        """Whoever ended in order has said so itself; the rest is lost."""
        try:
            run = lifecycle.lost(session, claim.run_id, claim.token, reason)
        except Fenced:
            return
        log.warning("action=lost run=%s token=%d state=%s reason=%r",
                    claim.run_id, claim.token, run.state, reason)  # fmt: skip

    def _kill_overdue(self) -> None:
        """End attempts that were asked to end too long ago, and those whose lease has ended.

        The latter should have ended themselves; a frozen one cannot, and would keep its slot and,
        frozen inside a transaction, the database's locks.
        """
        if not self._held:
            return
        overdue = Run.asked_at < now() - self._settings.grace_seconds
        query = select(Run.id, Run.token, or_(overdue, Run.lease_until < now())).where(
            Run.id.in_([c.run_id for c in self._held]), Run.worker_id == self.id
        )
        with self._database.read() as session:
            mine = {(run_id, token): bool(late) for run_id, token, late in session.execute(query)}
        for claim in self._held:
            held = (claim.run_id, claim.token)
            if held in mine and not mine[held]:
                self._strange.pop(claim, None)
                continue
            since = self._strange.setdefault(claim, time.monotonic())
            if held in mine or time.monotonic() - since > ENDING_SECONDS:
                log.warning("action=kill run=%s token=%d", claim.run_id, claim.token)
                self._executor.kill(claim)

    def _keep_starting(self) -> None:
        """Renew for attempts that still load: a busy machine may take longer than a lease."""
        young = time.monotonic() - START_SECONDS
        starting = [c for c, since in self._held.items() if since > young]
        if not starting:
            return
        with self._database.write() as session:
            for claim in starting:
                if self._executor.alive(claim):
                    queue.keep_starting(session, claim, self._settings.lease_seconds)

    def _sweep(self) -> None:
        with self._database.write() as session:
            for run in queue.sweep(session):
                log.warning("action=sweep run=%s state=%s", run.id, run.state)

    def _adopt(self) -> None:
        """Watch attempts whose worker is gone; end those that hold no run any more."""
        for claim in self._executor.found():
            with self._database.write() as session:
                taken = queue.adopt(session, claim, self.id)
            if taken is None:
                self._executor.kill(claim)
            elif isinstance(taken, Claim) and self._executor.adopt(taken):
                log.info("action=adopt run=%s token=%d", claim.run_id, claim.token)
                self._held[taken] = time.monotonic()

    def _tidy(self) -> None:
        with self._database.write() as session:
            workers.forget_old(session)
            gone = artifacts.purge_deleted(session, self._settings)
            artifacts.forget_old_events(session, self._settings)
        with self._database.read() as session:
            gone += trash.sweep(session, self._settings)
        store.of(self._settings).remove(gone)

    def _shut_down(self) -> None:
        log.info("action=stop attempts=%d", len(self._held))
        self._renderer.stop()
        self._evaluator.stop()
        self._alerter.stop()
        self._patiently(lambda: self._say("stopping"))
        if self._executor.detached:
            log.info("action=leave attempts=%d", len(self._held))
        else:
            self._end_attempts()
        self._patiently(lambda: self._say("stopped"))

    def _end_attempts(self) -> None:
        for claim in self._held:
            self._executor.interrupt(claim)
        end = time.monotonic() + self._settings.grace_seconds
        while self._held and time.monotonic() < end:
            self._patiently(self._reap)
            time.sleep(0.05)
        for claim in self._held:
            self._executor.kill(claim)
        while self._held:
            self._patiently(self._reap)
            time.sleep(0.02)

    def _say(self, state: str) -> None:
        with self._database.write() as session:
            workers.set_state(session, self.id, state)

    def _is_due(self, name: str, seconds: float) -> bool:
        time_now = time.monotonic()
        if time_now < self._due.get(name, 0.0):
            return False
        self._due[name] = time_now + seconds
        return True

    def _patiently(self, work: Callable[[], None]) -> bool:
        """Do it; whether it is done. A database that is away is waited out by the next look."""
        try:
            work()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("action=wait database=away error=%s", type(error).__name__)
            return False
        return True
