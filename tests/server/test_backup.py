"""Backups move a service as it is, also to the other kind of database."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import select

from server.db import Database, now
from server.errors import Conflict, Invalid
from server.models import Alert, Base, Checkpoint, Event, Worker
from server.operations import backup as backups
from server.operations import migrate
from server.operations.backup import backup
from server.operations.restore import restore
from server.services.files import store_identity
from server.services.ledger import lifecycle
from server.services.scheduling import workers
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


def test_nothing_is_restored_under_a_running_worker(
    service: Service, settings: Settings, tmp_path: Path
):
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    worker = Worker(
        id="w", host="here", pid=1, state="running", executor="local", slots=1, gpus=0, version="1"
    )
    with service.database.write() as session:
        workers.register(session, worker)
    with pytest.raises(Conflict, match="end them"):
        restore(settings, archive)


def test_a_sqlite_service_moves_to_the_other_database(settings: Settings, tmp_path: Path):
    source = Settings(data_dir=tmp_path / "source")
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


def test_a_damaged_archive_is_refused_and_leaves_the_service_empty(
    service: Service, settings: Settings, tmp_path: Path
):
    run_id = service.run()
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    archive.write_bytes(archive.read_bytes()[:-200])
    there = Settings(data_dir=tmp_path / "there")
    with pytest.raises(Invalid, match="damaged"):
        restore(there, archive)
    other = Database(there.url)
    assert run_id not in str(rows(other)["runs"])
    other.close()


def test_an_archive_of_another_schema_is_refused_with_both_named(
    settings: Settings, tmp_path: Path
):
    archive = tmp_path / "old.tar.gz"
    header = json.dumps({"version": "0.0.7", "schema": "0001", "store": "x"}).encode()
    info = tarfile.TarInfo("costline.json")
    info.size = len(header)
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(info, io.BytesIO(header))
    with pytest.raises(Invalid, match=rf"0\.0\.7 with schema 0001.*schema {migrate.newest()}"):
        restore(settings, archive)


def alert(key: str) -> Alert:
    return Alert(kind="done", key=key, message="m", created_at=now())


def test_new_alerts_and_events_are_numbered_after_the_restored_ones(
    settings: Settings, tmp_path: Path
):
    source = Settings(data_dir=tmp_path / "source")
    database = Database(source.url)
    migrate.upgrade(database)
    Service(database, source).run()
    with database.write() as session:
        session.add_all([alert("first"), alert("second")])
    backup(source, tmp_path / "move.tar.gz")
    database.close()
    restore(settings, tmp_path / "move.tar.gz")
    target = Database(settings.url)
    with target.write() as session:
        session.add(alert("third"))
    Service(target, settings).run()
    with target.read() as session:
        assert list(session.scalars(select(Alert.id).order_by(Alert.id))) == [1, 2, 3]
        events = list(session.scalars(select(Event.id).order_by(Event.id)))
    assert events == list(range(1, len(events) + 1))
    target.close()


def test_a_checkpoint_that_is_tidied_away_during_the_backup_is_not_named_in_it(
    service: Service, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    claim = service.held(config={"checkpoint_every": 1})
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i, cost=9.0, value=float(-i)))
        record(saved(settings, claim, i))
    real, taken = backups.snapshot, []

    def trains_on(database: Database, folder: Path) -> set[str]:
        """Two more checkpoints between the first snapshot and its files: one is tidied away."""
        named = real(database, folder)
        taken.append(named)
        for i in (3, 4) if len(taken) == 1 else ():
            record(report(i, cost=9.0, value=float(-i)))
            record(saved(settings, claim, i))
        return named

    monkeypatch.setattr(backups, "snapshot", trains_on)
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    assert len(taken) == 2
    assert taken[0] - taken[1]
    there = Settings(data_dir=tmp_path / "there")
    restore(there, archive)
    other = Database(there.url)
    with other.read() as session:
        found = list(session.scalars(select(Checkpoint)))
    other.close()
    assert found
    for checkpoint in found:
        content = (there.data_path / checkpoint.path).read_text()
        assert content == f"weights {checkpoint.iteration}"


def test_what_is_tidied_away_after_the_snapshot_was_held_is_packed_all_the_same(
    service: Service, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    event = saved(settings, claim, 1)
    record(event)
    real = backups._pack

    def late(*arguments: object) -> None:
        Path(event.path).unlink()
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(backups, "_pack", late)
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    with tarfile.open(archive) as tar:
        assert f"runs/{claim.run_id}/0001/000001.ckpt" in tar.getnames()


def test_a_checkpoint_that_was_gone_before_does_not_keep_a_backup_from_being_made(
    service: Service, settings: Settings, tmp_path: Path
):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i))
        record(saved(settings, claim, i))
    gone = settings.runs_path / claim.run_id / "0001" / "000002.ckpt"
    gone.unlink()
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    with tarfile.open(archive) as tar:
        kept = [n for n in tar.getnames() if "/0001/" in n]
    assert kept == [f"runs/{claim.run_id}/0001/000001.ckpt"]


def test_a_restored_service_owns_its_files_even_where_an_empty_one_had_begun(
    service: Service, settings: Settings, tmp_path: Path
):
    service.run()
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    there = Settings(data_dir=tmp_path / "there")
    other = Database(there.url)
    migrate.upgrade(other)
    for _ in range(2):
        with other.write() as session:
            store_identity.establish(session, there)
        if not rows(other)["runs"]:
            restore(there, archive)
    assert rows(other)["runs"]
    other.close()


def test_files_of_another_database_are_not_restored_over(
    service: Service, settings: Settings, tmp_path: Path
):
    archive = tmp_path / "costline.tar.gz"
    backup(settings, archive)
    there = Settings(data_dir=tmp_path / "there")
    there.runs_path.mkdir(parents=True)
    (there.data_path / store_identity.MARKER).write_text("somebody else's")
    with pytest.raises(Conflict, match="another database"):
        restore(there, archive)
