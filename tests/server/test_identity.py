"""A store belongs to one database: with another nothing starts, and nothing is removed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from server.db import Database
from server.models import Run, StoreIdentity
from server.operations import migrate
from server.services.files import artifacts, store_identity, unknown_folders
from server.services.files.store_identity import WrongStore
from server.settings import Settings
from server.store import Store
from server.worker.attempt import attempt
from server.worker.executors.base import STORE_AWAY
from server.worker.lease import Lease
from tests.server.reports import report
from tests.server.service import Service
from tests.server.test_recorder import iterations, kept, recorder, saved


def check(database: Database, settings: Settings) -> None:
    with database.write() as session:
        store_identity.establish(session, settings)


@pytest.fixture
def stranger(settings: Settings, tmp_path: Path) -> Settings:
    """A database of its own on the same data directory."""
    url = f"sqlite:///{tmp_path / 'stranger' / 'costline.sqlite3'}"
    other = Settings(data_dir=settings.data_dir, database_url=url)
    database = Database(other.url)
    migrate.upgrade(database)
    database.close()
    return other


def test_a_new_store_is_marked_once_and_known_again(database: Database, settings: Settings):
    check(database, settings)
    marked = store_identity.read(Store(settings.data_path))
    with database.read() as session:
        assert marked == session.scalars(select(StoreIdentity.id)).one()
    check(database, settings)
    assert store_identity.read(Store(settings.data_path)) == marked


def test_only_establishing_notes_in_the_database_that_the_store_is_marked(
    database: Database, settings: Settings
):
    with database.write() as session:
        store_identity.check_and_mark(session, settings)
    assert store_identity.read(Store(settings.data_path)) is not None
    with database.read() as session:
        assert not session.scalars(select(StoreIdentity.marked)).one()
    check(database, settings)
    with database.read() as session:
        assert session.scalars(select(StoreIdentity.marked)).one()


def test_a_store_of_another_database_is_refused_with_both_named(
    database: Database, settings: Settings, stranger: Settings
):
    check(database, settings)
    other = Database(stranger.url)
    with pytest.raises(WrongStore) as found:
        check(other, stranger)
    other.close()
    for part in (str(settings.data_path), "stranger/costline.sqlite3", "costline backup"):
        assert part in found.value.detail


def test_a_store_that_lost_its_marker_is_refused_until_it_is_there_again(
    database: Database, settings: Settings
):
    check(database, settings)
    marker = settings.data_path / store_identity.MARKER
    content = marker.read_text()
    marker.unlink()
    with pytest.raises(WrongStore, match="mounted") as found:
        check(database, settings)
    assert content.strip() in found.value.detail
    assert not marker.exists()
    marker.write_text(content)
    check(database, settings)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_servers_and_workers_do_not_start_on_a_store_of_another_database(
    database: Database, settings: Settings, stranger: Settings, command: str
):
    check(database, settings)
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", command], env=stranger.environment(), text=True,
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "belongs to another database" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_attempt_whose_store_is_away_is_lost_with_the_reason_and_forgets_nothing(
    service: Service, settings: Settings
):
    check(service.database, settings)
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    record(saved(settings, claim, 1))
    (settings.data_path / store_identity.MARKER).unlink()
    lease = Lease(service.database, claim, 30.0)
    assert attempt(service.database, settings, lease, threading.Event()) == STORE_AWAY
    run = service.get(claim.run_id)
    assert (run.state, run.losses) == ("queued", 0)
    assert "is it mounted?" in run.reason
    assert iterations(service.database, claim.run_id) == [1]
    assert kept(service.database, claim.run_id) == [1]


def test_an_attempt_that_cannot_read_one_file_of_a_store_that_is_there_counts_as_lost(
    service: Service, settings: Settings
):
    check(service.database, settings)
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    record(saved(settings, claim, 1))
    file = artifacts.folder(settings, claim.run_id) / "0001" / "000001.ckpt"
    file.unlink()
    file.symlink_to(file)  # reading it gives an OSError to every user, root too
    lease = Lease(service.database, claim, 30.0)
    assert attempt(service.database, settings, lease, threading.Event()) == 1
    assert (service.get(claim.run_id).state, service.get(claim.run_id).losses) == ("queued", 1)


def test_an_attempt_without_a_readable_checkpoint_fails_and_forgets_nothing(
    service: Service, settings: Settings
):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    record(saved(settings, claim, 1))
    (artifacts.folder(settings, claim.run_id) / "0001" / "000001.ckpt").unlink()
    lease = Lease(service.database, claim, 30.0)
    assert attempt(service.database, settings, lease, threading.Event()) == 1
    run = service.get(claim.run_id)
    assert run.state == "failed"
    assert run.reason.startswith("None of 1 checkpoints is readable under")
    assert iterations(service.database, claim.run_id) == [1]


# --- folders without a run ---------------------------------------------------------------------


def folder(settings: Settings, name: str, age: float = 3600.0) -> Path:
    """A folder of files, last touched `age` seconds ago."""
    made = settings.runs_path / name
    made.mkdir(parents=True)
    (made / "file").write_text(name)
    os.utime(made, (time.time() - age,) * 2)
    return made


def sweep(database: Database, settings: Settings) -> list[Path]:
    with database.read() as session:
        return unknown_folders.sweep(session, settings)


def trashed(settings: Settings) -> list[str]:
    found = settings.runs_path / unknown_folders.FOLDER
    return sorted(f.name.split("-", 1)[1] for f in found.iterdir()) if found.exists() else []


def test_an_old_folder_without_a_run_is_set_aside_and_others_stay(
    service: Service, database: Database, settings: Settings
):
    check(database, settings)
    run_id = service.run()
    own, young = folder(settings, run_id), folder(settings, "young", age=1.0)
    old = folder(settings, "old")
    assert sweep(database, settings) == []
    assert (own.exists(), young.exists(), old.exists()) == (True, True, False)
    assert trashed(settings) == ["old"]
    (kept_file,) = (settings.runs_path / unknown_folders.FOLDER).glob("*/file")
    assert kept_file.read_text() == "old"


def test_what_was_set_aside_is_removed_after_its_time_in_the_trash_not_after_its_age(
    database: Database, settings: Settings
):
    check(database, settings)
    folder(settings, "old", age=365 * 86400.0)
    assert sweep(database, settings) == []
    assert sweep(database, settings) == []
    soon = settings.model_copy(update={"keep_deleted_seconds": -1.0})
    assert [f.name.split("-", 1)[1] for f in sweep(database, soon)] == ["old"]


def test_a_folder_comes_back_from_the_trash_with_its_run(
    service: Service, database: Database, settings: Settings
):
    check(database, settings)
    home = folder(settings, "lostrun")
    sweep(database, settings)
    assert not home.exists()
    service.run()
    with database.write() as session:
        session.execute(update(Run).values(id="lostrun"))
    sweep(database, settings)
    assert (home / "file").read_text() == "lostrun"
    assert trashed(settings) == []


def test_another_database_on_the_same_directory_touches_no_folder(
    service: Service, database: Database, settings: Settings, stranger: Settings
):
    check(database, settings)
    own = folder(settings, service.run())
    other = Database(stranger.url)
    assert sweep(other, stranger) == []
    other.close()
    assert own.exists()
    assert trashed(settings) == []


def test_a_folder_of_runs_without_a_marker_is_left_alone(database: Database, settings: Settings):
    old = folder(settings, "old")
    assert sweep(database, settings) == []
    assert old.exists()
