"""Whether this machine should take runs.

A worker that can start no process, whose disk is full or whose store is away would take run after
run only to give each back, while other workers wait for work. So after a failure of its own it
rests, longer each time, and then looks first whether the store is there again.
"""

from __future__ import annotations

import logging
import math
import threading
import time

from server.db import Database
from server.services.files import store_identity
from server.services.scheduling import health
from server.settings import Settings

log = logging.getLogger("costline.worker")
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
"""So long it rests at most; after twice as long without a failure it counts as well again."""


class Fitness:
    """See the module. `ready` never waits: the store is asked in a thread."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._failed_at = -math.inf
        self._rest = 0.0
        self._well = True
        self._looking: threading.Thread | None = None

    def failed(self, reason: object) -> None:
        """A run came back for a reason that lies with this machine."""
        at = time.monotonic()
        steady = at - self._failed_at > 2 * LONGEST_SECONDS
        self._rest = FIRST_SECONDS if steady else min(LONGEST_SECONDS, 2 * self._rest)
        self._failed_at, self._well = at, False
        log.warning("action=rest seconds=%.0f reason=%r", self._rest, str(reason))

    def ready(self) -> bool:
        """Whether to take a run now."""
        if self._well:
            return self._has_room()
        rested = time.monotonic() > self._failed_at + self._rest
        if rested and (self._looking is None or not self._looking.is_alive()):
            self._looking = threading.Thread(target=self._look, name="fitness", daemon=True)
            self._looking.start()
        return False

    def _has_room(self) -> bool:
        free = health.disk_free(self._settings.data_path)
        if free >= self._settings.low_disk:
            return True
        self.failed(f"{free / 2**20:.0f} MB are free under {self._settings.data_path}: make room")
        return False

    def _look(self) -> None:
        try:
            with self._database.read() as session:
                store_identity.check_and_mark(session, self._settings)
        except Exception as error:
            self.failed(error)
        else:
            self._well = True
