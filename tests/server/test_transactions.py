"""What takes long happens outside of transactions: nobody else waits for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from cpo_core.tasks import gym
from server.db import Database
from server.models import Run
from server.services.files import policies
from server.settings import Settings
from server.store import Store
from server.web.app import create_app
from tests.server.reports import report
from tests.server.service import Service
from tests.server.test_evaluations import trained
from tests.server.test_recorder import recorder, saved
from tests.server.test_supervisor import until

CORRIDOR = Path(__file__).parents[2] / "examples" / "costline-corridor"
SLOW = """
import os, pathlib
pathlib.Path(os.environ["SLOW_BEGUN"]).touch()
with open(os.environ["SLOW_GATE"]):  # until the test opens its end
    pass
from costline_corridor import *
"""


class Gate:
    """A child process waits in here until it is opened."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pipe, self._begun = folder / "gate", folder / "begun"
        os.mkfifo(self._pipe)
        (folder / "slow_corridor.py").write_text(SLOW)
        monkeypatch.setenv("PYTHONPATH", f"{folder}:{CORRIDOR}")
        monkeypatch.setenv("SLOW_BEGUN", str(self._begun))
        monkeypatch.setenv("SLOW_GATE", str(self._pipe))
        monkeypatch.setattr(gym, "_KNOWN", {})

    def wait_for_somebody(self) -> None:
        """Until a child is about to wait."""
        until(self._begun.exists)

    def open(self) -> None:
        """Let the child that waits go on."""
        self._pipe.open("w").close()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    (tmp_path / "slow").mkdir()
    return Gate(tmp_path / "slow", monkeypatch)


@contextmanager
def meanwhile(work: Callable[[], Any]) -> Iterator[list[Any]]:
    """`work` goes on in a thread; what it gave stands in the list afterwards."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    yield found
    thread.join()


@pytest.fixture
def client(settings: Settings, database: Database) -> TestClient:
    """A caller of an application that does nothing of its own beside."""
    return TestClient(create_app(settings, database), base_url="http://127.0.0.1")


@pytest.fixture
def impatient(settings: Settings) -> Iterator[Database]:
    """The database for somebody who does not wait for locks."""
    found = Database(settings.url, busy_seconds=0.05)
    yield found
    found.close()


def can_write(database: Database, run_id: str) -> bool:
    """Whether nobody holds the run, or all of the database."""
    try:
        with database.write() as session:
            if database.kind == "postgresql":
                session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            session.execute(update(Run).where(Run.id == run_id).values(notes="seen"))
    except OperationalError:
        return False
    return True


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch, impatient: Database) -> list[bool]:
    """For each file that is kept under a second name, whether others could write meanwhile."""
    seen: list[bool] = []
    real = Store.link

    def link(self: Store, source: str, target: str) -> None:
        seen.append(can_write(impatient, target.split("/")[1]))
        real(self, source, target)

    monkeypatch.setattr(Store, "link", link)
    return seen


def test_others_write_while_the_weights_of_a_video_are_uploaded(
    service: Service, settings: Settings, uploads: list[bool]
):
    claim = service.held(config={"checkpoint_every": 1, "video_every": 1})
    record = recorder(service, claim)
    record(report(1))
    record(saved(settings, claim, 1))
    assert uploads == [True]
    assert service.get(claim.run_id).notes == "seen"


def test_others_write_while_the_weights_of_a_measurement_are_uploaded(
    client: TestClient, service: Service, uploads: list[bool]
):
    run_id = trained(service)
    assert client.post(f"/api/runs/{run_id}/evaluations", json={}).status_code == 201
    assert uploads == [True]


TASK = {"task": "gym:slow_corridor:Corridor-v0", "algorithm": "cpo"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs", TASK),
        ("runs/{run}/clone", TASK),
        ("runs/{run}/clone/seeds", TASK | {"seeds": [1, 2]}),
        ("studies", {"runs": [TASK]}),
    ],
)
def test_others_write_while_a_foreign_task_is_described(
    client: TestClient, service: Service, impatient: Database, gate: Gate, path: str, body: dict
):
    run_id = service.run()
    asked = lambda: client.post(f"/api/{path.format(run=run_id)}", json=body)  # noqa: E731
    with meanwhile(asked) as answers:
        gate.wait_for_somebody()
        free, held = can_write(impatient, run_id), service.database.engine.pool.checkedout()  # type: ignore[attr-defined]
        gate.open()
    assert answers[0].status_code == 201, answers[0].text
    assert (free, held) == (True, 0)


def test_no_connection_is_held_while_a_policy_is_exported_or_its_task_described(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
):
    held: list[int] = []

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def work(*arguments: Any) -> Any:
            held.append(service.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return real(*arguments)

        return work

    for name in ("export", "_observation_size"):
        monkeypatch.setattr(policies, name, watched(getattr(policies, name)))
    run_id = trained(service)
    assert client.get(f"/api/runs/{run_id}/policies").status_code == 200
    assert client.get(f"/api/runs/{run_id}/policies/safetensors").status_code == 200
    assert held == [0, 0]


def test_an_export_that_takes_too_long_says_so(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(policies, "EXPORT_SECONDS", 0.01)
    answer = client.get(f"/api/runs/{trained(service)}/policies/onnx")
    assert answer.status_code == 503
    assert "try again later" in answer.json()["detail"]


def test_an_export_that_cannot_be_kept_says_so(
    client: TestClient, service: Service, settings: Settings
):
    run_id = trained(service)
    (settings.runs_path / run_id / "policies").touch()  # a file where the folder should be
    answer = client.get(f"/api/runs/{run_id}/policies/onnx")
    assert answer.status_code == 503
    assert "policies" in answer.json()["detail"]
