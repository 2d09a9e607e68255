"""What every connection to a database is set to, and what that does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from server.db import Database, is_outage
from server.services.ledger import events, lifecycle
from server.settings import Settings
from tests.server.service import Service

SHOW = text("SHOW idle_in_transaction_session_timeout")
LOCK = text("SELECT pg_advisory_xact_lock(:key)")


@pytest.fixture
def short(settings: Settings) -> Iterator[Database]:
    """The database as a process with a lease of six seconds opens it."""
    found = Database(settings.url, lease_seconds=6.0, busy_seconds=0.1)
    yield found
    found.close()


def only_postgresql(database: Database) -> None:
    if database.kind != "postgresql":
        pytest.skip("SQLite has no server that could end a transaction")


def test_a_frozen_writer_keeps_locks_for_a_sixth_of_the_lease_at_most(settings: Settings):
    database = Database(settings.url, lease_seconds=30.0)
    only_postgresql(database)
    with database.write() as session:
        assert session.scalar(SHOW) == "5s"
    with database.read() as session:
        assert session.scalar(SHOW) == "1min"
    database.close()


def test_locks_of_a_silent_writer_are_given_to_the_next_and_it_sees_an_outage(short: Database):
    only_postgresql(short)

    def fall_silent() -> None:
        with short.read() as other, short.write() as session:
            session.execute(LOCK, {"key": events.LOCK})
            other.execute(LOCK, {"key": events.LOCK})  # waits until the server drops the writer
            session.execute(text("SELECT 1"))

    with pytest.raises(DBAPIError) as caught:
        fall_silent()
    assert is_outage(caught.value)
    with short.write() as session:
        assert session.scalar(text("SELECT 1")) == 1, "the pool kept the dead connection"


def test_rows_are_locked_before_the_lock_of_events(service: Service, database: Database):
    only_postgresql(database)
    run_id, seen = service.run(), []
    event.listen(
        database.engine, "before_cursor_execute", lambda *args: seen.append(args[2].split()[0:2])
    )
    with database.write() as session:
        run = lifecycle.pause(session, run_id)
        run.notes = "changed, and not yet written"
        events.add(session, "run", run.id)
    updates = [i for i, words in enumerate(seen) if words == ["UPDATE", "runs"]]
    lock = next(i for i, words in enumerate(seen) if words[1].startswith("pg_advisory"))
    assert len(updates) == 2
    assert max(updates) < lock


def test_a_server_that_vanished_is_noticed_within_seconds(database: Database):
    only_postgresql(database)
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        found = driver.info.get_parameters()
    assert (found["tcp_user_timeout"], found["keepalives_idle"]) == ("10000", "5")


def test_a_worker_waits_for_sqlites_lock_no_longer_than_it_said(short: Database):
    if short.kind != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    with short.read() as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == 100
