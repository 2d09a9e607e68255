"""Commands that read a service: `costline workers` and `costline doctor`."""

from __future__ import annotations

import pytest

from server import cli
from server.models import Worker
from server.operations import doctor
from server.services.files import store_identity
from server.services.scheduling import workers
from server.settings import Settings
from tests.server.service import Service


def worker(name: str) -> Worker:
    return Worker(
        id=name, host="h", pid=1, state="running", executor="local", slots=2, gpus=1, version="1"
    )


def listed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Lines of `costline workers` by the worker's name."""
    assert cli.workers(cli.parser().parse_args(["workers"]), settings) == 0
    return {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}


def test_workers_are_listed_with_their_state_room_and_runs(
    service: Service, settings: Settings, capsys: pytest.CaptureFixture[str]
):
    with service.database.write() as session:
        workers.register(session, worker("busy"))
        workers.register(session, worker("free"))
        workers.set_state(session, "free", "stopped")
    run_id = service.run()
    assert service.claim(worker="busy") is not None
    lines = listed(settings, capsys)
    assert set(lines) == {"busy", "free"}
    assert lines["busy"].split()[1:] == ["running", "local", "slots", "2", "gpus", "1", run_id]
    assert "stopped" in lines["free"]
    assert lines["free"].endswith("idle")


def store_finding(settings: Settings) -> doctor.Finding:
    return doctor._store(settings)


def test_doctor_tells_a_store_of_another_database(service: Service, settings: Settings):
    assert store_finding(settings).good  # new: the first worker marks it
    with service.database.write() as session:
        store_identity.establish(session, settings)
    assert store_finding(settings).good
    (settings.data_path / store_identity.MARKER).write_text("another")
    found = store_finding(settings)
    assert (found.good, found.needed) == (False, True)
    assert "has id another" in found.detail
    (settings.data_path / store_identity.MARKER).unlink()
    assert "Mount it" in store_finding(settings).remedy
    assert not store_finding(settings).good
