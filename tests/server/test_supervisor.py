"""What a worker does at each look, with attempts that only the test ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import psutil
import pytest
from sqlalchemy import delete, update

from cpo_core.processors import THREADS
from server.db import Database, now
from server.executors.base import Ended
from server.executors.local import DEVICES, LocalExecutor
from server.models import Run, Worker
from server.schemas import RunState
from server.services import queue, workers
from server.services.queue import Capacity, Claim
from server.settings import Settings
from server.worker.supervisor import Supervisor
from tests.server.service import Service
from tests.server.test_adoption import register


class Stage:
    """An executor whose attempts are names on a list."""

    name, detached = "stage", True

    def __init__(self) -> None:
        self.running: list[Claim] = []
        self.strangers: list[Claim] = []
        self.over: list[Ended] = []
        self.killed: list[Claim] = []

    def capacity(self) -> Capacity:
        return Capacity(2)

    def places(self, held: Iterable[Claim]) -> list[Capacity]:
        return [Capacity(2 - len(list(held)))]

    def start(self, claim: Claim) -> None:
        self.running.append(claim)

    def alive(self, claim: Claim) -> bool | None:
        return claim in self.running

    def interrupt(self, claim: Claim) -> None:
        self.over.append(Ended(claim, "interrupted", lost=False))

    def kill(self, claim: Claim) -> None:
        self.killed.append(claim)

    def ended(self) -> list[Ended]:
        over, self.over = self.over, []
        return over

    def found(self) -> list[Claim]:
        return self.strangers

    def leave(self, claim: Claim) -> None:
        self.running.remove(claim)

    def adopt(self, claim: Claim) -> bool:
        self.running.append(claim)
        return True


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def worker(database: Database, settings: Settings, stage: Stage) -> Supervisor:
    """A worker that the database knows, with nothing that runs beside it."""
    found = Supervisor(database, database, settings, stage)
    found._known = True
    found._beat()
    return found


def known(database: Database) -> list[str]:
    with database.read() as session:
        return [w.id for w in workers.alive(session)]


def test_an_attempt_that_another_worker_adopted_is_left_to_it(
    service: Service, database: Database, worker: Supervisor, stage: Stage
):
    run_id = service.run()
    worker._look()
    (claim,) = stage.running
    register(database, "w2")
    with database.write() as session:
        session.execute(update(Run).values(worker_id="w2", lease_until=now() - 1.0))
    worker._kill_overdue()
    assert (stage.killed, stage.running) == ([], [])
    assert service.get(run_id).worker_id == "w2"
    assert claim not in worker._held


def test_an_own_attempt_whose_lease_has_ended_is_killed(
    service: Service, database: Database, worker: Supervisor, stage: Stage
):
    service.run()
    worker._look()
    worker._kill_overdue()
    assert stage.killed == []
    with database.write() as session:
        session.execute(update(Run).values(lease_until=now() - 1.0))
    worker._kill_overdue()
    assert stage.killed == stage.running


def test_a_worker_that_was_forgotten_announces_itself_again(database: Database, worker: Supervisor):
    with database.write() as session:
        session.execute(delete(Worker))
    worker._beat()
    assert known(database) == [worker.id]


def test_a_step_that_fails_costs_the_others_nothing(
    service: Service, worker: Supervisor, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    def broken() -> list[Claim]:
        raise RuntimeError("the cluster is upside down")

    monkeypatch.setattr(stage, "found", broken)
    run_id = service.run()
    worker._look()
    assert [c.run_id for c in stage.running] == [run_id]


def test_an_attempt_that_cannot_be_started_is_given_back_at_once(
    service: Service, worker: Supervisor, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    def broken(claim: Claim) -> None:
        monkeypatch.undo()
        raise RuntimeError("no more processes")

    monkeypatch.setattr(stage, "start", broken)
    run_id = service.run()
    worker._look()  # in vain, and again
    assert (service.get(run_id).token, worker._unreported.keys()) == (1, {Claim(run_id, 1)})
    worker._look()
    assert (service.get(run_id).token, service.get(run_id).losses) == (2, 1)


def test_an_attempt_that_never_began_is_no_loss(service: Service, worker: Supervisor, stage: Stage):
    run_id = service.run()
    for _ in range(5):
        worker._look()
        stage.over = [Ended(stage.running.pop(), "no room", lost=False)]
    worker._reap()
    worker._report()
    run = service.get(run_id)
    assert (run.state, run.losses, run.reason) == (RunState.QUEUED, 0, "no room")


def test_whoever_ends_while_the_database_is_away_is_noticed_and_reported_later(
    service: Service, worker: Supervisor, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    run_id = service.run()
    worker._look()
    stage.over = [Ended(stage.running.pop(), "killed")]
    with monkeypatch.context() as away:
        away.setattr(worker, "_database", Database("postgresql+psycopg://127.0.0.1:1/none"))
        worker._look()
    assert (stage.over, list(worker._held)) == ([], [])
    assert service.get(run_id).losses == 0
    worker._report()
    assert service.get(run_id).losses == 1


def test_after_an_outage_nobody_is_adopted_before_every_worker_could_beat(
    service: Service, database: Database, settings: Settings, worker: Supervisor, stage: Stage
):
    claim = service.held()
    register(database, "w1", heard_of=settings.adopt_seconds + 5.0)
    stage.strangers = [claim]
    worker._away_at = time.monotonic()
    worker._adopt()
    assert service.get(claim.run_id).worker_id == "w1"
    worker._away_at -= settings.adopt_seconds
    worker._adopt()
    assert service.get(claim.run_id).worker_id == worker.id
    assert worker._held.keys() == {claim}


def test_whether_a_run_fits_is_asked_without_reading_the_queue(service: Service):
    service.run(resources={"slots": 4})
    with service.database.read() as session:
        assert not queue.any_fits(session, Capacity(3))
        assert queue.any_fits(session, Capacity(4))


def test_attempts_share_the_processors_by_their_slots(settings: Settings):
    executor = LocalExecutor(settings.model_copy(update={"slots": 4}), threads=8)
    assert executor._share(Claim("a", 1, slots=2)) == {THREADS: "4"}
    assert executor._share(Claim("b", 1, slots=1)) == {THREADS: "2"}


def test_each_attempt_sees_its_own_gpus(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(DEVICES, "2,5,7")
    executor = LocalExecutor(settings.model_copy(update={"gpus": 3}), threads=1)
    seen = [executor._share(Claim(n, 1, gpus=g))[DEVICES] for n, g in (("a", 1), ("b", 2))]
    assert seen == ["2", "5,7"]
    assert executor._share(Claim("c", 1))[DEVICES] == ""


def test_sigterm_before_an_attempt_can_save_anything_is_no_loss(settings: Settings):
    executor = LocalExecutor(settings, threads=1)
    claim = Claim("nosuchrun", 1)
    executor.start(claim)  # Python alone takes longer to start than the signal to arrive
    executor.interrupt(claim)
    (ended,) = until(executor.ended)
    assert (ended.claim, ended.lost) == (claim, False)


MIDDLE = """
import os, subprocess, sys
from cpo_core import orphans
command = [sys.executable, "-m", "cpo_core", "train", "--task", "point-circle",
           "--iterations", "100000", "--out", sys.argv[1]]
child = subprocess.Popen(command, env=os.environ | orphans.mark(), stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
child.wait()
"""


def test_work_of_the_library_ends_with_the_process_that_started_it(tmp_path):
    command = [sys.executable, "-c", MIDDLE, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as middle:
        assert middle.stdout is not None
        child = psutil.Process(int(middle.stdout.readline()))
        middle.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def until(look: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first answer that says something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found
