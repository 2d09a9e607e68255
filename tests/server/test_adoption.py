"""Attempts that outlive their worker, and files that no row names."""

from __future__ import annotations

from sqlalchemy import update

from server.db import Database, now
from server.models import Worker
from server.services.files import unreferenced_files
from server.services.ledger import lifecycle
from server.services.scheduling import queue, workers
from server.services.scheduling.queue import Claim
from tests.server.service import Service


def register(database: Database, name: str, heard_of: float = 0.0) -> None:
    """A worker that was heard of so many seconds ago."""
    with database.write() as session:
        workers.register(
            session,
            Worker(id=name, host="here", pid=1, state="running", executor="ray", slots=1, gpus=0,
                   version="0"),
        )  # fmt: skip
        session.flush()
        session.execute(
            update(Worker).where(Worker.id == name).values(heartbeat_at=now() - heard_of)
        )


def test_an_attempt_is_adopted_only_when_its_worker_is_silent(service: Service, database: Database):
    claim = service.held()
    register(database, "w1")
    register(database, "w2")
    with database.write() as session:
        assert queue.adopt(session, claim, "w2") is False
        session.execute(update(Worker).where(Worker.id == "w1").values(state="stopped"))
        assert queue.adopt(session, claim, "w2") == claim
    assert service.get(claim.run_id).worker_id == "w2"


def test_an_attempt_that_holds_no_run_is_not_adopted(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        assert queue.adopt(session, Claim("nosuchrun", 1), "w2") is None
        assert queue.adopt(session, Claim(claim.run_id, claim.token + 1), "w2") is None
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
        assert queue.adopt(session, claim, "w2") is None


def test_checkpoint_files_without_a_row_are_strays_and_other_files_are_not(
    service: Service, database: Database
):
    run_id = service.run()
    folder = service.settings.runs_path / run_id
    for name in ("0001/checkpoints/000004.ckpt", "0001/checkpoints/.000008.ckpt.tmp",
                 "videos/000004.ckpt", "log.txt"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    with database.read() as session:
        found = unreferenced_files.strays(session, service.settings, run_id)
    assert {f.name for f in found} == {"000004.ckpt", ".000008.ckpt.tmp"}
    assert all("videos" not in f.parts for f in found)
    assert [f.name for f in unreferenced_files.unfinished(service.settings, run_id)] == [
        ".000008.ckpt.tmp"
    ]
