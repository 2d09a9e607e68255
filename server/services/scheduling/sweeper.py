"""Notices what nobody else would: attempts and workers that went silent, seen from the web server.

Workers sweep too, but the last one may be the one that was lost; a page that is open should say so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select

from server.db import Database, now
from server.domain.states import ACTIVE
from server.models import Run
from server.services.ledger import events
from server.services.scheduling import queue, workers
from server.settings import Settings

log = logging.getLogger("costline.sweeper")
LOOK_SECONDS = 5.0


class Sweeper:
    """See the module. `running()` spans the application's life."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._ending = threading.Event()
        self._alive: set[str] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look every few seconds until the application ends."""
        thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            await run_in_threadpool(thread.join)

    def look(self) -> None:
        """One look; the write lock is only taken when there is something to write."""
        expired = select(Run.id).where(
            Run.state.in_(ACTIVE), Run.lease_until < now()
        )  # fmt: skip
        with self._database.read() as session:
            lost = session.scalars(expired.limit(1)).first() is not None
            alive = {worker.id for worker in workers.alive(session)}
        if lost:
            with self._database.write() as session:
                for run in queue.sweep(session):
                    log.warning("action=sweep run=%s state=%s", run.id, run.state)
        if self._alive is not None and alive != self._alive:
            with self._database.write() as session:
                events.add(session, "workers")
        self._alive = alive

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:
                log.warning("action=look failed=true error=%s", type(error).__name__)
