"""Backup and restore: all tables as JSON lines beside the files of the runs, in one archive.

The tables are read in one snapshot. The archive does not depend on the kind of database, so it
also moves a service from SQLite to PostgreSQL. Runs that were active continue after a restore:
their leases have expired, and the sweeper gives them back to the queue.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Table, delete, func, insert, select, text
from sqlalchemy.orm import Session

import server
from server import migrate
from server.db import Database
from server.errors import Conflict, Invalid
from server.models import Base, Run
from server.settings import Settings

HEADER = "costline.json"
BATCH = 500


def backup(settings: Settings, archive: Path) -> None:
    """Write `archive`; the service may go on running."""
    database = Database(settings.url)
    part = archive.with_name(f".{archive.name}.part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=5) as tar:
            _add(tar, HEADER, json.dumps({"version": server.VERSION, "schema": migrate.newest()}))
            with database.read() as session:
                if database.kind == "postgresql":
                    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                    # The files are packed in the same transaction, which takes its time.
                    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                for table in Base.metadata.sorted_tables:
                    _add(tar, f"tables/{table.name}.jsonl", "".join(_lines(session, table)))
            for file in sorted(settings.runs_path.rglob("*")):
                _add_file(tar, file, str(file.relative_to(settings.data_path)))
        part.replace(archive)
    finally:
        part.unlink(missing_ok=True)
        database.close()


def restore(settings: Settings, archive: Path) -> None:
    """Fill an empty service; raises Conflict when it has runs, Invalid for a foreign archive."""
    database = Database(settings.url)
    migrate.upgrade(database)
    try:
        with tarfile.open(archive, "r:gz") as tar, database.write() as session:
            names = tar.getnames()
            if HEADER not in names:
                raise Invalid(f"{archive} is not a backup of Costline.")
            if session.scalar(select(func.count()).select_from(Run)):
                raise Conflict("This service already has runs; restore into an empty one.")
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))  # rows that migrations begin with
            for table in Base.metadata.sorted_tables:
                _fill(session, table, tar, names)
            if database.kind == "postgresql":
                session.execute(
                    text("SELECT setval(pg_get_serial_sequence('events', 'id'), "
                         "(SELECT coalesce(max(id), 0) + 1 FROM events), false)")
                )  # fmt: skip
            files = [m for m in tar.getmembers() if m.name.startswith("runs/")]
            tar.extractall(settings.data_path, files, filter="data")
    finally:
        database.close()


def _lines(session: Session, table: Table) -> Iterator[str]:
    query = select(table).execution_options(yield_per=BATCH)
    for row in session.execute(query).mappings():
        yield json.dumps(dict(row)) + "\n"


def _fill(session: Session, table: Table, tar: tarfile.TarFile, names: list[str]) -> None:
    name = f"tables/{table.name}.jsonl"
    stream = tar.extractfile(name) if name in names else None
    rows = [json.loads(line) for line in stream] if stream else []
    for start in range(0, len(rows), BATCH):
        session.execute(insert(table), rows[start : start + BATCH])


def _add(tar: tarfile.TarFile, name: str, content: str) -> None:
    data = content.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _add_file(tar: tarfile.TarFile, file: Path, name: str) -> None:
    # Files come and go while the service runs; a checkpoint that is gone has an older one.
    try:
        if file.is_file():
            tar.add(file, name, recursive=False)
    except FileNotFoundError:
        return
