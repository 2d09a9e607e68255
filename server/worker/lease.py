"""An attempt's hold on its run: renewed in the background, given up before it ends.

An attempt that cannot renew ends its own process before the lease does, so that two attempts never
train the same run. The deadline counts from before the last successful renewal was sent, by a
clock that goes on while the machine sleeps.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from server.db import Database, is_outage
from server.domain.states import RunState
from server.errors import Fenced
from server.services.scheduling import queue
from server.services.scheduling.queue import Claim

log = logging.getLogger("costline.lease")
FENCED = 75
EXPIRED = 76
MARGIN = 0.1
"""Share of the lease left when the attempt ends itself."""
WATCH_SECONDS = 0.2
RETRY_SECONDS = 0.3
LAST_WORDS_SECONDS = 1.0
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's name; macOS's monotonic clock goes on in sleep by itself."""


def clock() -> float:
    """Seconds that also count while the machine sleeps."""
    return time.clock_gettime(CLOCK)


class Lease:
    """See the module. `state` is the run's state as last seen."""

    def __init__(self, database: Database, claim: Claim, seconds: float) -> None:
        self.claim = claim
        self.seconds = seconds
        self.state = RunState.STARTING
        self._database = database
        self._deadline = 0.0
        self._ended = threading.Event()

    def start(self) -> None:
        """Take hold; raises Fenced when the run already belongs to another.

        A database that is away is waited for as long as the lease could last.
        """
        give_up = clock() + self.seconds
        while True:
            try:
                self.renew()
                break
            except Exception as error:
                if not is_outage(error) or clock() > give_up:
                    raise
                log.warning("cannot take hold, trying again: %s", error)
                self._ended.wait(RETRY_SECONDS)
        for work in (self._keep, self._watch):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def stop(self) -> None:
        """The attempt is over: nothing more to hold."""
        self._ended.set()

    def renew(self) -> None:
        """Extend the lease now; raises Fenced, or the database's error."""
        sent = clock()
        with self._database.write() as session:
            state = queue.renew(session, self.claim, self.seconds)
        self.renewed(sent, state)

    def renewed(self, sent: float, state: RunState) -> None:
        """A transaction that renewed was begun at `sent` and has been committed."""
        self.state = state
        self._deadline = max(self._deadline, sent + self.seconds * (1 - MARGIN))

    def _keep(self) -> None:
        while not self._ended.wait(self.seconds / 6):
            try:
                self.renew()
            except Fenced as error:
                leave(str(error), FENCED)
            except Exception as error:
                if not is_outage(error):
                    log.exception("cannot renew the lease")
                log.warning("cannot renew the lease, trying again: %s", error)

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            if clock() > self._deadline:
                leave("the lease could not be renewed in time", EXPIRED)


def leave(reason: str, code: int) -> None:
    """End this process at once, whatever other threads do.

    The exit is armed before a word is said: a thread that hangs in writing to the log holds its
    lock.
    """
    last = threading.Timer(LAST_WORDS_SECONDS, os._exit, (code,))
    last.daemon = True
    last.start()
    log.error("action=leave reason=%r", reason)
    logging.shutdown()
    os._exit(code)
