"""An attempt ends itself before its lease does, whatever hangs."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from server.db import Database
from server.domain.states import RunState
from server.errors import Fenced
from server.services.ledger import lifecycle
from server.services.scheduling.queue import Claim
from server.worker import lease
from server.worker.lease import EXPIRED, Lease
from tests.server.service import Service

SECONDS = 10.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Exits(list[int]):
    """What a process would have ended with; the thread that ends it does not come back."""

    def __init__(self) -> None:
        self.one, self.over = threading.Event(), threading.Event()

    def __call__(self, code: int) -> None:
        self.append(code)
        self.one.set()
        self.over.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(lease, "clock", found)
    return found


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exits]:
    found = Exits()
    monkeypatch.setattr(lease.os, "_exit", found)
    monkeypatch.setattr(lease.logging, "shutdown", lambda: None)
    yield found
    found.over.set()


class Silent(Lease):
    """A lease whose renewals do not arrive, after the first."""

    def _keep(self) -> None:
        pass


@contextlib.contextmanager
def started(found: Lease) -> Iterator[Lease]:
    found.start()
    try:
        yield found
    finally:
        found.stop()


def test_an_attempt_ends_itself_when_nine_tenths_of_its_lease_are_over(
    service: Service, database: Database, clock: Clock, exits: Exits,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr(lease, "WATCH_SECONDS", 0.001)
    with started(Silent(database, service.held(lease=SECONDS), SECONDS)):
        clock.time += 0.9 * SECONDS - 0.01
        assert not exits.one.wait(0.2), "it left while its lease was good"
        clock.time += 0.02
        assert exits.one.wait(10.0), "it went on past its lease"
    assert exits[0] == EXPIRED


def test_the_deadline_counts_from_before_the_renewal_was_sent(
    service: Service, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    found = Lease(database, service.held(), SECONDS)
    renew = lease.queue.renew

    def slow(*arguments):
        clock.time += 4.0  # the answer takes so long
        return renew(*arguments)

    monkeypatch.setattr(lease.queue, "renew", slow)
    found.renew()
    assert found._deadline == pytest.approx(1000.0 + 9.0)


class Away:
    """A database that answers only from the third time on."""

    def __init__(self, database: Database) -> None:
        self.database, self.asked = database, 0

    def write(self):
        self.asked += 1
        if self.asked < 3:
            raise OperationalError("SELECT 1", {}, Exception("away"))
        return self.database.write()


def test_an_attempt_waits_for_a_database_that_is_away_at_its_start(
    service: Service, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lease, "RETRY_SECONDS", 0.001)
    away = Away(database)
    with started(Lease(away, service.held(), SECONDS)) as found:  # type: ignore[arg-type]
        assert (away.asked, found.state) == (3, RunState.STARTING)


def test_it_waits_no_longer_than_one_lease(
    service: Service, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lease, "RETRY_SECONDS", 0.001)
    away = Away(database)
    away.asked = -(10**9)
    found = Lease(away, Claim("none", 1), SECONDS)  # type: ignore[arg-type]
    warned = logging.getLogger("costline.lease")
    monkeypatch.setattr(
        warned, "warning", lambda *_: setattr(clock, "time", clock.time + 0.4 * SECONDS)
    )
    with pytest.raises(OperationalError):
        found.start()
    assert away.asked == -(10**9) + 4


def test_a_run_of_another_is_not_waited_for(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
    with pytest.raises(Fenced):
        Lease(database, claim, SECONDS).start()


HANGS = """
import logging, threading
from server.worker.lease import leave
handler = logging.StreamHandler()
logging.getLogger().addHandler(handler)
held = threading.Event()
def hold():
    handler.acquire()  # like a thread that hangs in writing to a full pipe
    held.set()
    threading.Event().wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
leave("its time is up", 76)
"""


def test_a_thread_that_hangs_in_the_log_does_not_keep_the_process():
    done = subprocess.run([sys.executable, "-c", HANGS], timeout=60, check=False)
    assert done.returncode == EXPIRED
