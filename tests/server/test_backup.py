"""Backups move a service as it is, also to the other kind of database."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from sqlalchemy import select

from server.backup import backup, restore
from server.db import Database
from server.errors import Conflict, Invalid
from server.models import Base, Event
from server.services import lifecycle
from server.settings import Settings
from tests.server.reports import report
from tests.server.service import Service
from tests.server.test_recorder import recorder, saved


def rows(database: Database) -> dict[str, list[tuple]]:
    with database.read() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_everything_comes_back_and_events_go_on(
    service: Service, settings: Settings, tmp_path: Path
):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    record(saved(settings, claim, 1))
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    there = Settings(data_dir=tmp_path / "there")
    restore(there, archive)
    other = Database(there.url)
    assert rows(other) == rows(service.database)
    assert (there.runs_path / claim.run_id / "0001" / "000001.ckpt").read_text() == "weights 1"
    with other.write() as session:
        lifecycle.pause(session, claim.run_id)
    with other.read() as session:
        newest = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert newest is not None
    assert newest.data["to"] == "pausing"
    other.close()


def test_a_service_with_runs_is_not_overwritten(
    service: Service, settings: Settings, tmp_path: Path
):
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    run_id = service.run()
    with pytest.raises(Conflict, match="already has runs"):
        restore(settings, archive)
    assert service.get(run_id).state == "queued"


def test_a_sqlite_service_moves_to_the_other_database(settings: Settings, tmp_path: Path):
    source = Settings(data_dir=tmp_path / "source")
    from server import migrate

    database = Database(source.url)
    migrate.upgrade(database)
    run_id = Service(database, source).run()
    archive = tmp_path / "move.tar.gz"
    backup(source, archive)
    database.close()
    restore(settings, archive)
    target = Database(settings.url)
    assert Service(target, settings).get(run_id).state == "queued"
    assert Service(target, settings).run() != run_id
    target.close()


def test_a_foreign_archive_is_refused(settings: Settings, tmp_path: Path):
    archive = tmp_path / "foreign.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(__file__, "file.py")
    with pytest.raises(Invalid, match="not a backup"):
        restore(settings, archive)
