"""Holds the alert rules against what happens, and brings alerts to their webhooks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from server.db import Database
from server.services.notify import alerts, deliveries
from server.settings import Settings

log = logging.getLogger("costline.alerter")
LOOK_SECONDS = 0.5


class Alerter:
    """See the module. Two threads, so that a slow webhook does not hold up the page."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin, in threads."""
        for work in (self.look, self.deliver):
            threading.Thread(
                target=self._repeat, args=(work,), name=f"alerts-{work.__name__}", daemon=True
            ).start()

    def stop(self) -> None:
        """End; what is not delivered waits for the next worker."""
        self._stopping.set()

    def look(self) -> bool:
        """Hold the rules against new events; whether there were any."""
        with self._database.read() as session:
            if not alerts.behind(session):
                return False
        with self._database.write() as session:
            for alert in alerts.look(session, self._settings):
                log.info("action=alert kind=%s run=%s", alert.kind, alert.run_id)
        return True

    def deliver(self) -> bool:
        """Try one delivery that is due; whether there was one."""
        with self._database.read() as session:
            if not deliveries.due(session):
                return False
        with self._database.write() as session:
            parcel = deliveries.take(session)
        if parcel is None:
            return False
        problem = deliveries.send(parcel)
        if problem is not None:
            log.warning("action=webhook alert=%d problem=%r", parcel.alert_id, problem)
        with self._database.write() as session:
            deliveries.finish(session, parcel, problem)
        return True

    def _repeat(self, work: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            try:
                if work():
                    continue
            except Exception:
                log.warning("action=alerts failed=true", exc_info=True)
            self._stopping.wait(LOOK_SECONDS)
