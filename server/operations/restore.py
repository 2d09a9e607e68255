"""Restoring a backup into an empty service, of either kind of database.

Files are unpacked before the transaction, which only inserts rows. Runs that were active continue:
their leases have expired, and the sweeper gives them back to the queue.
"""

from __future__ import annotations

import gzip
import itertools
import json
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Table, delete, func, insert, select, text
from sqlalchemy.orm import Session

import server
from server import store
from server.db import Database
from server.errors import Conflict, Invalid
from server.models import Base, Run, StoreIdentity
from server.operations import migrate
from server.operations.backup import BATCH, HEADER
from server.services.files import store_identity
from server.services.scheduling import workers
from server.settings import Settings
from server.store import Store

UNREADABLE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile)


def restore(settings: Settings, archive: Path) -> None:
    """Fill an empty service.

    Raises Conflict when it has runs, workers or another database's files, Invalid for an archive
    that is foreign, damaged, or of another schema.
    """
    database = Database(settings.url)
    migrate.upgrade(database)
    try:
        settings.runs_path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_path) as folder:
            header = _unpack(database, settings, archive, Path(folder))
            with database.write() as session:
                _check_empty(session, settings, header)
                _fill_all(session, Path(folder) / "tables")
                for place in _places(settings):
                    place.write(store_identity.MARKER, f"{header['store']}\n")
    finally:
        database.close()


def _unpack(
    database: Database, settings: Settings, archive: Path, folder: Path
) -> Mapping[str, str]:
    """Tables into `folder`, files of runs to where they belong; the archive's header."""
    place = store.of(settings)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            header = _header(tar, archive)
            with database.read() as session:
                _check_empty(session, settings, header)
            for member in tar:
                if member.name.startswith("tables/"):
                    tar.extract(member, folder, filter="data")
                elif member.name.startswith("runs/"):
                    tar.extract(member, settings.data_path, filter="data")
                    place.put(settings.data_path / member.name)
    except UNREADABLE as error:
        raise Invalid(f"{archive} is damaged or not a backup of Costline: {error}") from None
    return header


def _header(tar: tarfile.TarFile, archive: Path) -> Mapping[str, str]:
    first = tar.next()
    stream = tar.extractfile(first) if first is not None and first.name == HEADER else None
    if stream is None:
        raise Invalid(f"{archive} is not a backup of Costline.")
    header = json.load(stream)
    made, schema = header.get("version", "?"), header.get("schema", "?")
    if schema != migrate.newest():
        raise Invalid(
            f"{archive} was made by Costline {made} with schema {schema}; this is Costline "
            f"{server.VERSION} with schema {migrate.newest()}. Restore it with the version that "
            "made it, then let this one migrate the database with `costline migrate`."
        )
    return header


def _check_empty(session: Session, settings: Settings, header: Mapping[str, str]) -> None:
    if session.scalar(select(func.count()).select_from(Run)):
        raise Conflict("This service already has runs; restore into an empty one.")
    if workers.alive(session):
        raise Conflict("Workers run on this service; end them, and start them after the restore.")
    own = session.scalars(select(StoreIdentity.id)).one()
    for place in _places(settings):
        if store_identity.read(place) not in (None, own, header["store"]):
            raise Conflict(f"The files in {place} belong to another database; restore elsewhere.")


def _places(settings: Settings) -> list[Store]:
    home = store.of(settings)
    return [home, Store(settings.data_path)] if home.shared else [home]


def _fill_all(session: Session, folder: Path) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))  # rows that migrations begin with
    for table in Base.metadata.sorted_tables:
        _fill(session, table, folder / f"{table.name}.jsonl")
        if session.get_bind().dialect.name == "postgresql":
            _count_on(session, table)


def _fill(session: Session, table: Table, file: Path) -> None:
    with file.open() as lines:
        while rows := [json.loads(line) for line in itertools.islice(lines, BATCH)]:
            session.execute(insert(table), rows)


def _count_on(session: Session, table: Table) -> None:
    """New rows are numbered after those that were inserted with their numbers (PostgreSQL)."""
    column = table.autoincrement_column
    if column is None:
        return
    newest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    session.execute(select(func.setval(sequence, newest, text("false"))))
