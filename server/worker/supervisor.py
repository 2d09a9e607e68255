"""A worker: claims runs while it has room, watches its attempts, and tidies up.

Its loop survives a database that is away: attempts go on by themselves as long as their lease
lasts. A step that fails for another reason is logged and costs nobody else anything. On SIGTERM the
attempts save a checkpoint and their runs go back to the queue.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import server
from server import store
from server.db import Database, is_outage, now
from server.domain.states import ACTIVE
from server.errors import Fenced
from server.models import Run, Worker
from server.services.files import artifacts, partial_files, unknown_folders
from server.services.ledger import lifecycle, runs
from server.services.scheduling import queue, workers
from server.services.scheduling.queue import Capacity, Claim
from server.settings import Settings
from server.worker.alerter import Alerter
from server.worker.evaluator import Evaluator
from server.worker.executors.base import START_SECONDS, Ended, Executor
from server.worker.fitness import Fitness
from server.worker.renderer import Renderer

log = logging.getLogger("costline.worker")
BEAT_SECONDS = 5.0
TIDY_SECONDS = 60.0
SAY_AGAIN_SECONDS = 60.0
"""A step that fails at every look is written down so often."""
BUSY_SECONDS = 2.0
"""The loop waits so long for SQLite's lock, for its holder may be the attempt that it must end."""
END_LOOK_SECONDS = 0.05
ENDING_SECONDS = 10.0
"""A process whose run is over or belongs to another has so long to end by itself."""


class Supervisor:
    """See the module. `database` serves the loop, which must not wait (BUSY_SECONDS); `beside` the
    threads beside it.
    """

    def __init__(
        self, database: Database, beside: Database, settings: Settings, executor: Executor
    ) -> None:
        self.id = f"{socket.gethostname()[:20]}-{runs.new_id()}"
        self._database = database
        self._settings = settings
        self._executor = executor
        self._renderer = Renderer(beside, settings, self.id)
        self._evaluator = Evaluator(beside, settings)
        self._alerter = Alerter(beside, settings)
        self._fitness = Fitness(beside, settings)
        self._known = False
        """Whether the database has this worker's row, so that what runs beside may start."""
        self._away_at = -math.inf
        """When the database was last away: then nobody's heartbeat says anything for a while."""
        self._held: dict[Claim, float] = {}
        self._unreported: dict[Claim, Ended] = {}
        self._strange: dict[Claim, float] = {}
        """Attempts that hold no run any more, and since when: they are about to end, or frozen."""
        self._stopping = threading.Event()
        self._due: dict[str, float] = {}

    def stop(self) -> None:
        """Ask the worker to end; safe in a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Work until asked to end, then give every run back."""
        while not self._stopping.is_set():
            self._look()
            self._stopping.wait(self._settings.poll_seconds)
        self._shut_down()

    def _look(self) -> None:
        # What needs no database comes first, then what only reads: it may end the process that
        # keeps others from writing.
        every = self._settings.lease_seconds / 6
        steps = (
            (self._reap, 0.0),
            (self._kill_overdue, 0.0),
            (self._report, 0.0),
            (self._beat, min(BEAT_SECONDS, self._settings.adopt_seconds / 4)),
            (self._keep_starting, every),
            (self._sweep, max(1.0, every)),
            (self._adopt, max(1.0, every)),
            (self._claim_all, 0.0),
            (self._tidy, TIDY_SECONDS),
        )
        for step, seconds in steps:
            name = step.__name__
            if self._is_due(name, seconds) and not self._try(step):
                self._due[name] = 0.0
                return

    def _beat(self) -> None:
        """Say that this worker lives; (again) who it is, when nobody knows it."""
        with self._database.write() as session:
            known = workers.beat(session, self.id)
        if not known:
            self._register()
        if not self._known:
            self._known = True
            self._start_beside()

    def _register(self) -> None:
        room = self._executor.capacity()
        with self._database.write() as session:
            workers.register(
                session,
                Worker(
                    id=self.id, host=socket.gethostname(), pid=os.getpid(), state="running",
                    executor=self._executor.name, slots=room.slots, gpus=room.gpus,
                    version=server.VERSION, **self._renderer.found(),
                ),
            )  # fmt: skip
        log.info("action=register slots=%d gpus=%d", room.slots, room.gpus)

    def _start_beside(self) -> None:
        if self._settings.videos:
            self._renderer.start()
        self._evaluator.start()
        self._alerter.start()

    def _claim_all(self) -> None:
        rooms = self._executor.rooms()
        while not self._stopping.is_set() and any(
            self._claim(place, rooms)
            for place in self._executor.places(self._held)
            if place.slots > 0
        ):
            pass

    def _claim(self, free: Capacity, rooms: Sequence[Capacity]) -> bool:
        chosen = self._settings
        with self._database.read() as session:  # the common answer, without the write lock
            if not queue.any_fits(session, free, chosen.owner_limit, rooms):
                return False
        if not self._fitness.ready():
            return False
        with self._database.write() as session:
            claim = queue.claim(
                session, self.id, free, chosen.lease_seconds, chosen.owner_limit, rooms
            )
        if claim is None:
            return False
        log.info("action=claim run=%s token=%d", claim.run_id, claim.token)
        self._held[claim] = time.monotonic()
        try:
            self._executor.start(claim)
        except Exception as error:
            log.warning("action=start failed=true run=%s", claim.run_id, exc_info=True)
            del self._held[claim]
            reason = f"The training process could not be started: {error}"
            self._unreported[claim] = Ended(claim, reason, lost=False)
            self._fitness.failed(error)
            return False
        return True

    def _reap(self) -> None:
        """Notice who has ended."""
        for ended in self._executor.ended():
            self._held.pop(ended.claim, None)
            self._strange.pop(ended.claim, None)
            if ended.sick:
                self._fitness.failed(ended.reason)
            if ended.known:
                self._unreported[ended.claim] = ended

    def _report(self) -> None:
        """Give back the runs of those who ended without a word."""
        for claim, ended in list(self._unreported.items()):
            try:
                with self._database.write() as session:
                    self._report_lost(session, ended)
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("action=report failed=true run=%s", claim.run_id)  # its lease ends
            del self._unreported[claim]

    def _report_lost(self, session: Session, ended: Ended) -> None:
        """Whoever ended in order has said so itself; the rest is lost."""
        claim = ended.claim
        try:
            run = lifecycle.lost(
                session, claim.run_id, claim.token, ended.reason, counts=ended.lost
            )
        except Fenced:
            return
        log.warning("action=lost run=%s token=%d state=%s reason=%r",
                    claim.run_id, claim.token, run.state, ended.reason)  # fmt: skip

    def _kill_overdue(self) -> None:
        """End attempts that were asked to end too long ago, and those whose lease has ended.

        The latter should have ended themselves; a frozen one cannot, and would keep its slot and,
        frozen inside a transaction, the database's locks. Those that another worker watches now
        are left to it.
        """
        if not self._held:
            return
        overdue = Run.asked_at < now() - self._settings.grace_seconds
        query = select(
            Run.id, Run.token, Run.worker_id, or_(overdue, Run.lease_until < now())
        ).where(
            Run.id.in_([c.run_id for c in self._held]), Run.state.in_(ACTIVE)
        )  # fmt: skip
        with self._database.read() as session:
            found = {(i, t): (worker, bool(late)) for i, t, worker, late in session.execute(query)}
        for claim in list(self._held):
            worker, late = found.get((claim.run_id, claim.token), (None, True))
            if worker is not None and worker != self.id:
                self._leave(claim, worker)
            elif not late:
                self._strange.pop(claim, None)
            else:
                since = self._strange.setdefault(claim, time.monotonic())
                if worker is not None or time.monotonic() - since > ENDING_SECONDS:
                    log.warning("action=kill run=%s token=%d", claim.run_id, claim.token)
                    self._executor.kill(claim)

    def _leave(self, claim: Claim, worker: str) -> None:
        log.info("action=leave run=%s token=%d to=%s", claim.run_id, claim.token, worker)
        del self._held[claim]
        self._strange.pop(claim, None)
        self._executor.leave(claim)

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
        silent = self._settings.adopt_seconds
        if time.monotonic() - self._away_at < silent:
            return  # their workers could not beat
        for claim in self._executor.found():
            with self._database.write() as session:
                taken = queue.adopt(session, claim, self.id, silent)
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
            gone += unknown_folders.sweep(session, self._settings)
        gone += partial_files.scraps(self._settings)
        store.of(self._settings).remove(gone)

    def _shut_down(self) -> None:
        log.info("action=stop attempts=%d", len(self._held))
        self._renderer.stop()
        self._evaluator.stop()
        self._alerter.stop()
        self._try(lambda: self._say("stopping"))
        if self._executor.detached:
            log.info("action=leave attempts=%d", len(self._held))
        else:
            self._end_attempts()
        self._try(lambda: self._say("stopped"))

    def _end_attempts(self) -> None:
        for claim in self._held:
            self._executor.interrupt(claim)
        self._wait_for_ends(time.monotonic() + self._settings.grace_seconds)
        for claim in self._held:
            self._executor.kill(claim)
        self._wait_for_ends(math.inf)

    def _wait_for_ends(self, until: float) -> None:
        while self._held and time.monotonic() < until:
            self._try(self._reap)
            self._try(self._report)
            if self._is_due("beat while ending", BEAT_SECONDS):
                self._try(self._still_here)
            time.sleep(END_LOOK_SECONDS)

    def _still_here(self) -> None:
        with self._database.write() as session:
            workers.beat(session, self.id)

    def _say(self, state: str) -> None:
        with self._database.write() as session:
            workers.set_state(session, self.id, state)

    def _is_due(self, name: str, seconds: float) -> bool:
        time_now = time.monotonic()
        if time_now < self._due.get(name, 0.0):
            return False
        self._due[name] = time_now + seconds
        return True

    def _try(self, work: Callable[[], None]) -> bool:
        """Do it. False when the database is away: the next look tries again.

        Any other error is this step's own; it is written down, and the rest goes on.
        """
        try:
            work()
        except Exception as error:
            if is_outage(error):
                log.warning("action=wait database=away error=%s", type(error).__name__)
                self._away_at = time.monotonic()
                return False
            if self._is_due(f"say {work.__name__}", SAY_AGAIN_SECONDS):
                log.exception("action=%s failed=true", work.__name__.strip("_"))
        return True
