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

from cpo_core.machine.processors import THREADS
from server.db import Database, now
from server.domain.states import RunState
from server.models import Run, Worker
from server.services.files import store_identity
from server.services.scheduling import queue, workers
from server.services.scheduling.queue import Capacity, Claim
from server.settings import Settings
from server.worker.executors.base import Ended
from server.worker.executors.local import DEVICES, LocalExecutor
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

    def rooms(self) -> list[Capacity]:
        return [Capacity(2)]

    def places(self, held: Iterable[Claim]) -> list[Capacity]:
        return [Capacity(2 - sum(c.slots for c in held))]

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


def test_a_worker_that_can_start_nothing_fails_no_run_and_rests(
    service: Service, worker: Supervisor, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    def broken(claim: Claim) -> None:
        raise OSError("no more processes")

    runs = [service.run() for _ in range(3)]
    with monkeypatch.context() as sick:
        sick.setattr(stage, "start", broken)
        for _ in range(5):
            worker._look()
    found = [service.get(run_id) for run_id in runs]
    assert [(r.state, r.token, r.losses) for r in found] == [
        (RunState.QUEUED, 1, 0), (RunState.QUEUED, 0, 0), (RunState.QUEUED, 0, 0)
    ]  # fmt: skip
    assert "no more processes" in found[0].reason
    rested(worker)
    worker._look()
    assert [c.run_id for c in stage.running] == runs[:2]


def rested(worker: Supervisor) -> None:
    """The rest of a worker is over, and its store was looked for."""
    worker._fitness._failed_at -= worker._fitness._rest
    until(worker._fitness.ready)


def test_a_worker_rests_longer_each_time_and_not_for_ever(worker: Supervisor):
    rests = []
    for _ in range(9):
        worker._fitness.failed("sick")
        rests.append(worker._fitness._rest)
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    worker._fitness._failed_at -= 121
    worker._fitness.failed("sick")
    assert worker._fitness._rest == 1


def test_a_worker_whose_store_is_away_takes_no_run_until_it_is_there_again(
    service: Service, database: Database, settings: Settings, worker: Supervisor, stage: Stage
):
    with database.write() as session:
        store_identity.establish(session, settings)
    marker = settings.data_path / store_identity.MARKER
    service.run(resources={"slots": 2})
    worker._look()
    away = marker.rename(marker.with_name("away"))
    stage.over = [Ended(stage.running.pop(), "its store is away", lost=False, sick=True)]
    worker._look()
    assert stage.running == [], "it took the run again at once"
    worker._fitness._failed_at -= worker._fitness._rest
    assert not worker._fitness.ready()
    until(lambda: worker._fitness._rest > 1)
    worker._look()
    assert stage.running == [], "it did not look whether the store is there"
    away.rename(marker)
    rested(worker)
    worker._look()
    assert len(stage.running) == 1


def test_a_worker_whose_disk_is_nearly_full_takes_no_run(
    service: Service, worker: Supervisor, stage: Stage, settings: Settings
):
    service.run()
    worker._fitness._settings = settings.model_copy(update={"low_disk": 2**60})
    worker._look()
    assert stage.running == []
    worker._fitness._settings = settings.model_copy(update={"low_disk": 0})
    rested(worker)
    worker._look()
    assert len(stage.running) == 1


def test_an_attempt_whose_store_is_away_says_so_by_its_exit_status(
    service: Service, database: Database, settings: Settings
):
    claim = service.held()
    with database.write() as session:
        store_identity.establish(session, settings)
    (settings.data_path / store_identity.MARKER).unlink()
    executor = LocalExecutor(settings, threads=1)
    executor.start(claim)
    (ended,) = until(executor.ended)
    assert (ended.lost, ended.sick) == (False, True)
    run = service.get(claim.run_id)
    assert (run.state, run.losses) == (RunState.QUEUED, 0)
    assert "is it mounted?" in run.reason


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


def test_small_runs_do_not_overtake_a_wide_one_that_this_worker_could_take(
    service: Service, worker: Supervisor, stage: Stage
):
    service.run()
    worker._look()
    wide, small = service.run(resources={"slots": 2}), service.run()
    worker._look()
    assert len(stage.running) == 1, "a small run went ahead"
    stage.over = [Ended(stage.running.pop(), "done", lost=False)]
    worker._reap()
    worker._claim_all()
    assert [c.run_id for c in stage.running] == [wide]
    stage.over = [Ended(stage.running.pop(), "done", lost=False)]
    worker._reap()
    worker._claim_all()
    assert [c.run_id for c in stage.running] == [small]


def test_a_run_that_is_too_wide_for_this_worker_holds_nobody_up(
    service: Service, worker: Supervisor, stage: Stage
):
    service.run(resources={"slots": 3})
    small = service.run()
    worker._look()
    assert [c.run_id for c in stage.running] == [small]


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
from cpo_core.machine import parent_death
command = [sys.executable, "-m", "cpo_core", "train", "--task", "point-circle",
           "--iterations", "100000", "--out", sys.argv[1]]
child = subprocess.Popen(command, env=os.environ | parent_death.mark(), stdout=subprocess.DEVNULL)
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
