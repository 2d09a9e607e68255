"""Deleted runs leave for good only when their time is over and nobody is bringing them back."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from cpo_core.spec.reports import TrainingFinished
from server import store
from server.db import Database
from server.errors import NotFound
from server.models import Checkpoint, Run
from server.services.files import artifacts
from server.services.ledger import lifecycle, runs
from server.settings import Settings
from tests.server.reports import report
from tests.server.service import Service
from tests.server.test_recorder import recorder, saved


@pytest.fixture
def soon(settings: Settings) -> Settings:
    """Settings by which the time of every deleted run is over."""
    return settings.model_copy(update={"keep_deleted_seconds": -1.0})


def test_purging_removes_a_deleted_run_with_its_files(
    service: Service, settings: Settings, soon: Settings
):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    record(saved(settings, claim, 1))
    record(TrainingFinished(1, True))
    with service.database.write() as session:
        runs.delete(session, claim.run_id)
    with service.database.write() as session:
        assert artifacts.purge_deleted(session, settings) == []
    with service.database.write() as session:
        gone = artifacts.purge_deleted(session, soon)
    store.of(settings).remove(gone)
    with service.database.read() as session:
        assert session.get(Run, claim.run_id) is None
        assert session.query(Checkpoint).count() == 0
    assert not artifacts.folder(settings, claim.run_id).exists()


def deleted(service: Service) -> str:
    run_id = service.run()
    with service.database.write() as session:
        lifecycle.stop(session, run_id)
        runs.delete(session, run_id)
    return run_id


def test_a_run_that_is_being_restored_is_not_purged(
    service: Service, database: Database, soon: Settings
):
    if database.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    run_id = deleted(service)
    with database.write() as restoring:
        runs.restore(restoring, run_id)
        with database.write() as purging:
            purging.execute(text("SET LOCAL lock_timeout = '5s'"))
            assert artifacts.purge_deleted(purging, soon) == []
    assert service.get(run_id).deleted_at is None


def test_a_purged_run_cannot_be_restored(service: Service, database: Database, soon: Settings):
    run_id = deleted(service)
    with database.write() as session:
        artifacts.purge_deleted(session, soon)
    with pytest.raises(NotFound), database.write() as session:
        runs.restore(session, run_id)
