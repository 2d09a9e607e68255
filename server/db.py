"""The database: engine, sessions, and the few things that differ between SQLite and PostgreSQL.

All times in the database are seconds since 1970 by the database's own clock (:class:`now`), so
that leases do not depend on clocks of different machines.
"""

from __future__ import annotations

import functools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Float, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.functions import FunctionElement

BUSY_SECONDS = 15
CONNECT_SECONDS = 10
IDLE_SECONDS = 60.0
"""A connection that is silent inside a transaction for so long is dropped (PostgreSQL)."""
LEAST_IDLE_SECONDS = 2.0
KEEPALIVE = {
    "connect_timeout": CONNECT_SECONDS, "keepalives": 1, "keepalives_idle": 5,
    "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip
"""A server that vanished without a word is noticed after about ten seconds (libpq's names)."""


class now(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it is
    """Seconds since 1970 by the database's clock."""

    type = Float()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_postgresql(element: now, compiler: Any, **_: Any) -> str:
    return "extract(epoch from clock_timestamp())::double precision"


class Database:
    """One engine with two kinds of sessions: `read()` and `write()`.

    On SQLite a write transaction takes the write lock at its beginning (BEGIN IMMEDIATE), so
    that what it read cannot have changed when it writes; it waits `busy_seconds` for the lock. On
    PostgreSQL a process that freezes while it writes loses its locks after a sixth of the lease,
    before other attempts have to give up theirs.
    """

    def __init__(
        self, url: str, *, lease_seconds: float = 6 * IDLE_SECONDS,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:  # fmt: skip
        self.url = url
        self.engine = _engine(url, max(LEAST_IDLE_SECONDS, lease_seconds / 6), busy_seconds)
        writing = self.engine.execution_options(costline_write=True)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(writing, expire_on_commit=False)

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; rolled back at the end."""
        with self._read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed at the end, or all undone on an error."""
        with self._write() as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def is_outage(error: BaseException) -> bool:
    """Whether a database error may pass by itself (server restarting, lock held too long)."""
    if isinstance(error, OperationalError):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def wait_for(database: Database, seconds: float) -> None:
    """Return once the database answers; raises its error after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with database.engine.connect():
                return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _engine(url: str, idle_seconds: float, busy_seconds: float) -> Engine:
    if make_url(url).get_backend_name() == "postgresql":
        engine = create_engine(
            url, pool_pre_ping=True, pool_size=5, max_overflow=20, connect_args=KEEPALIVE
        )
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", functools.partial(_begin_postgresql, idle_seconds))
        return engine
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    connection.execute(f"SET idle_in_transaction_session_timeout = {_ms(IDLE_SECONDS)}")
    connection.commit()


def _begin_postgresql(idle_seconds: float, connection: Any) -> None:
    """Only writing is bounded so tightly: reading holds no lock that others wait for."""
    if connection.get_execution_options().get("costline_write", False):
        query = f"SET LOCAL idle_in_transaction_session_timeout = {_ms(idle_seconds)}"
        connection.exec_driver_sql(query)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says
    _use_wal(connection)
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _use_wal(connection: Any) -> None:
    """Readers and one writer side by side. Kept in the file; while several processes open a new
    file at once, SQLite refuses the change without waiting, whatever the busy timeout."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("costline_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
