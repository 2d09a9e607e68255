"""Backups: all tables as JSON lines beside the files of the runs, in one archive.

The tables are read in one snapshot, and the files that it names are held by a second name before
anything is packed: training may go on, and tidying up cannot take them away meanwhile. The archive
does not depend on the kind of database, so it also moves a service from SQLite to PostgreSQL.
"""

from __future__ import annotations

import io
import json
import logging
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

import server
from server import store
from server.db import Database
from server.errors import Unavailable
from server.models import Base, Checkpoint, Evaluation, StoreIdentity, Video
from server.operations import migrate
from server.settings import Settings

log = logging.getLogger("costline.backup")
HEADER = "costline.json"
BATCH = 500
MAX_SNAPSHOTS = 10


def backup(settings: Settings, archive: Path) -> None:
    """Write `archive`; the service may go on running. Raises Unavailable before `migrate`."""
    database = Database(settings.url)
    part = archive.with_name(f".{archive.name}.part")
    try:
        if migrate.current(database) != migrate.newest():
            raise Unavailable("The database has an older schema: run `costline migrate` first.")
        settings.runs_path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.data_path) as folder:
            named = capture(database, settings, Path(folder))
            with tarfile.open(part, "w:gz", compresslevel=5) as tar:
                _pack(tar, settings, Path(folder), named)
        part.replace(archive)
    finally:
        part.unlink(missing_ok=True)
        database.close()


def capture(database: Database, settings: Settings, folder: Path) -> set[str]:
    """Write the tables to `folder/tables`, and hold the files that they name in `folder`.

    A checkpoint may be tidied away between the two: then both are taken again. Returns the names.
    """
    gone: set[str] = set()
    for _ in range(MAX_SNAPSHOTS):
        named = snapshot(database, folder)
        missing = {name for name in named if not _hold(settings, name, folder)}
        if missing <= gone:  # still named, so it was not tidied away: it had been gone before
            for name in sorted(missing):
                log.warning("action=backup missing=%s", name)
            return named - missing
        gone = missing
    raise Unavailable(f"{MAX_SNAPSHOTS} times files were gone before they were held; try again.")


def snapshot(database: Database, folder: Path) -> set[str]:
    """Write the header and the tables as they are at one moment; the files that they name."""
    (folder / "tables").mkdir(exist_ok=True)
    with database.read() as session:
        if database.kind == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        own = session.scalars(select(StoreIdentity.id)).one()
        header = {"version": server.VERSION, "schema": migrate.newest(), "store": own}
        (folder / HEADER).write_text(json.dumps(header))
        for table in Base.metadata.sorted_tables:
            with (folder / "tables" / f"{table.name}.jsonl").open("w") as file:
                file.writelines(_lines(session, table))
        return set(_named(session))


def _named(session: Session) -> Iterator[str]:
    yield from session.scalars(select(Checkpoint.path))
    for video in session.scalars(select(Video)):
        if video.state == "waiting":
            yield video.checkpoint
        if video.state == "ready":
            yield video.path
        if video.state in ("ready", "recorded"):
            yield str(PurePosixPath(video.path).with_suffix(".json"))
    unfinished = Evaluation.state.in_(("waiting", "running"))
    yield from session.scalars(select(Evaluation.checkpoint).where(unfinished))


def _hold(settings: Settings, name: str, folder: Path) -> bool:
    """Whether the file is still there; from now on it is here too."""
    target = folder / name
    if target.exists():
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.link_or_copy(store.of(settings).get(name), target)
    except FileNotFoundError:
        return False
    return True


def _pack(tar: tarfile.TarFile, settings: Settings, folder: Path, named: set[str]) -> None:
    tar.add(folder / HEADER, HEADER)
    for table in Base.metadata.sorted_tables:
        tar.add(folder / "tables" / f"{table.name}.jsonl", f"tables/{table.name}.jsonl")
    for name in sorted(named):
        tar.add(folder / name, name, recursive=False)
    for file in sorted(settings.runs_path.rglob("*")):
        name = file.relative_to(settings.data_path)
        # Hidden are the trash, the store's marker and what is being written at this moment.
        if str(name) not in named and not any(part.startswith(".") for part in name.parts):
            _add_file(tar, file, str(name))


def _lines(session: Session, table: Table) -> Iterator[str]:
    query = select(table).execution_options(yield_per=BATCH)
    for row in session.execute(query).mappings():
        yield json.dumps(dict(row)) + "\n"


def _add_file(tar: tarfile.TarFile, file: Path, name: str) -> None:
    """Logs, exported policies and the like: they come and go while the service runs."""
    try:
        if not file.is_file():
            return
        with file.open("rb") as stream:
            info = tar.gettarinfo(arcname=name, fileobj=stream)
            # A log grows meanwhile: what was said of its size must hold.
            tar.addfile(info, io.BytesIO(stream.read(info.size)))
    except FileNotFoundError:
        return
