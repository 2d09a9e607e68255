"""The faults: each function injects one into a fresh run, once, and checks what must hold.

What it returns are seconds of recovery: `claimed` until a new attempt holds the run, `trains` until
the next iteration is recorded.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from server.domain.states import RunState
from server.models import Attempt, Event
from server.services.ledger import lifecycle
from server.worker.lease import EXPIRED
from tests.faults import claimers, disk
from tests.faults.stage import GRACE, LEASE, Stage, children, kill
from tests.faults.web import Web

Times = Mapping[str, float]
Row = Callable[[Stage], Times]
LONG = {"iterations": 250}
OUTAGE = 10.0
SOON = 5.0
"""Seconds beyond the lease within which a run must have a new attempt."""


def attempt_killed(stage: Stage) -> Times:
    """kill -9 of the training process."""
    stage.workers(2)
    run_id = running(stage)
    return recovered(stage, run_id, kill(stage.attempt(run_id)), SOON)


def supervisor_killed(stage: Stage) -> Times:
    """kill -9 of the worker; its attempt dies with it, another worker takes the run."""
    stage.workers(2)
    run_id = running(stage)
    attempt = stage.attempt(run_id)
    at = kill(stage.supervisor(run_id))
    attempt.wait(10)
    return recovered(stage, run_id, at, LEASE + SOON)


def web_killed(stage: Stage) -> Times:
    """kill -9 of the web server: training does not notice, and a page follows the next one."""
    stage.workers(1)
    web = Web(stage)
    web.listen()
    run_id = running(stage, **LONG)
    at = kill(web.process)
    web.start()
    back = time.time() - at
    newest = stage.run(run_id).iteration
    stage.wait(lambda: web.shown(run_id) > newest, "the page to be told of new iterations")
    told = time.time() - at
    stage.finish(run_id, **LONG)
    assert stage.run(run_id).token == 1, "training was interrupted"
    web.end()
    return {"answers": round(back, 2), "told": round(told, 2)}


def attempt_frozen(stage: Stage) -> Times:
    """SIGSTOP of the training process alone, past its lease: its worker ends it."""
    stage.workers(2)
    run_id = running(stage)
    frozen = stage.attempt(run_id)
    at = time.time()
    frozen.suspend()
    times = recovered(stage, run_id, at, LEASE + SOON)
    frozen.wait(30)
    return times


def frozen_in_transaction(stage: Stage) -> Times:
    """SIGSTOP of a training process that holds every lock of a transaction.

    With SQLite its worker ends it. With PostgreSQL the worker is frozen too, as when a machine
    freezes: the server takes the locks back, and attempts of other workers never notice.
    """
    stage.dismiss()  # a worker of an earlier repetition would take the run, and not freeze
    other = None
    if stage.postgres:
        stage.workers(1)
        other = running(stage, **LONG)
    stage.fault, stage.module = "in-transaction:12", "tests.faults.worker"
    stage.workers(len(stage.alive()) + 1)
    run_id = stage.submit()
    stage.wait(lambda: frozen(stage, run_id), "the attempt to freeze")
    at = time.time()
    still = [stage.attempt(run_id)] + ([stage.supervisor(run_id)] if other else [])
    for process in still:
        process.suspend()
    stage.fault, stage.module = "", "server.worker"
    stage.workers(len(stage.alive()) + 1)
    stage.wait(lambda: stage.run(run_id).token == 2, "another attempt", LEASE + SOON)
    for process in still:
        with contextlib.suppress(psutil.Error):
            process.resume()
    times = recovered(stage, run_id, at, LEASE + SOON)
    if other is not None:
        stage.finish(other, **LONG)
        assert stage.run(other).token == 1, "an attempt of another worker was lost"
    return times


def machine_frozen(stage: Stage) -> Times:
    """SIGSTOP of worker and training process past the lease, then SIGCONT: fenced.

    With SQLite, between two transactions: one frozen inside a transaction, together with its
    worker, keeps the only write lock until it goes on or ends, so nothing can move on.
    """
    stage.workers(2)
    run_id = running(stage, **LONG)
    frozen = [stage.supervisor(run_id), stage.attempt(run_id)]
    at = time.time()
    stage.wait(lambda: suspended(stage, frozen), "a moment between two transactions")
    stage.wait(lambda: stage.run(run_id).token > 1, "another attempt")
    stage.wait(lambda: stage.recovery(run_id, at).get("trains") is not None, "an iteration")
    for process in reversed(frozen):  # the attempt first: its worker must not save the day
        process.resume()
    frozen[1].wait(30)
    return recovered(stage, run_id, at, LEASE + SOON, **LONG)


def postgres_cut(stage: Stage) -> Times:
    """Immediate stop of PostgreSQL for 10 s, a third of the lease: the same attempt goes on."""
    assert stage.postgres is not None
    web, run_id, _ = _before_the_cut(stage)
    stage.postgres.cut()
    end = time.monotonic() + OUTAGE
    stage.wait(lambda: _unreachable(web), "the web server to say so")
    while time.monotonic() < end:  # the outage itself lasts this long
        time.sleep(0.05)
    return _after_the_cut(stage, web, run_id, attempts=1)


def postgres_cut_past_lease(stage: Stage) -> Times:
    """Immediate stop of PostgreSQL for longer than the lease: the attempt ends itself in time."""
    assert stage.postgres is not None
    web, run_id, attempt = _before_the_cut(stage)
    stage.postgres.cut()
    attempt.wait(LEASE)  # it renewed before the cut, and must leave before that lease ends
    times = _after_the_cut(stage, web, run_id, attempts=2)
    with stage.database.read() as session:
        outcome = session.get_one(Attempt, (run_id, 1)).outcome
    assert f"status {EXPIRED}" in outcome, outcome
    return times


def _before_the_cut(stage: Stage) -> tuple[Web, str, psutil.Process]:
    stage.workers(1)
    web = Web(stage)
    web.listen()
    run_id = running(stage)
    return web, run_id, stage.attempt(run_id)


def _unreachable(web: Web) -> bool:
    health = web.health()
    return health is not None and health["database"] == "unreachable"


def _after_the_cut(stage: Stage, web: Web, run_id: str, attempts: int) -> Times:
    assert stage.postgres is not None
    stage.postgres.start()
    at = time.time()
    stage.finish(run_id)
    found = stage.run(run_id).token
    assert found == attempts, f"{found} attempts instead of {attempts}"
    last = stage.run(run_id).iteration
    stage.wait(lambda: web.shown(run_id) == last, "the page to be told of the last iteration", SOON)
    web.end()
    return stage.recovery(run_id, at)


def everything_killed(stage: Stage) -> Times:
    """kill -9 of web server, workers and attempts (PostgreSQL is cut too), then all start."""
    web = Web(stage)
    stage.workers(2)
    ids = [stage.submit(**LONG), stage.submit(**LONG)]
    for run_id in ids:
        stage.reach(run_id, 9)
    parents = [web.process, *stage.alive()]
    doomed = [p for w in parents for p in [psutil.Process(w.pid), *children(w.pid)]]
    if stage.postgres:
        stage.postgres.cut()
    for process in doomed:
        os.kill(process.pid, signal.SIGKILL)
    for process in stage.processes:
        process.wait(30)
    if stage.postgres:
        stage.postgres.start()
    at = time.time()
    stage.workers(2)
    within = time.time() - at + LEASE + SOON
    web.start()
    times = [recovered(stage, run_id, at, within, **LONG) for run_id in ids]
    web.end()
    return {name: max(t[name] for t in times) for name in times[0]}


def killed_before_commit(stage: Stage) -> Times:
    """kill -9 between the checkpoint's rename and its transaction: the pointer stays behind."""
    stage.fault, stage.module = "before-commit:12", "tests.faults.worker"
    stage.workers(1)
    run_id = stage.submit()
    stage.wait(lambda: frozen(stage, run_id), "the attempt to freeze")
    files = list((stage.settings.runs_path / run_id).rglob("000012.ckpt"))
    assert len(files) == 1, "the checkpoint is not in its place"
    assert [c.iteration for c in stage.checkpoints(run_id)] == [4, 8]
    times = recovered(stage, run_id, kill(stage.attempt(run_id)), SOON)
    assert not files[0].exists(), "the checkpoint without a row is still there"
    return times


def checkpoint_truncated(stage: Stage) -> Times:
    """The newest checkpoint file loses its end: the one before it is taken, and the log says so."""

    def damage(file: Path) -> None:
        os.truncate(file, file.stat().st_size // 2)

    return _damaged(stage, damage)


def checkpoint_wrong_hash(stage: Stage) -> Times:
    """One bit of the newest checkpoint file flips."""

    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    return _damaged(stage, damage)


def _damaged(stage: Stage, damage: Callable[[Path], None]) -> Times:
    stage.workers(1)
    run_id = running(stage)
    stage.ask(lifecycle.pause, run_id)
    stage.state(run_id, RunState.PAUSED)
    newest = stage.checkpoints(run_id)[-1]
    damage(stage.settings.data_path / newest.path)
    at = time.time()
    stage.ask(lifecycle.resume, run_id)
    times = recovered(stage, run_id, at, None)
    log = (stage.settings.runs_path / run_id / "log.txt").read_text()
    assert "checkpoint refused" in log, "the log does not tell of the damage"
    with stage.database.read() as session:
        told = [e.message for e in session.query(Event).filter_by(run_id=run_id, kind="log")]
    assert any(f"iteration {newest.iteration} is damaged" in m for m in told), told
    return times


def stopped_in_c(stage: Stage) -> Times:
    """Stop inside a C call that lasts an hour: killed after the grace period."""
    return _asked_in_c(stage, "sleep:6", lifecycle.stop, RunState.STOPPED)


def paused_in_c(stage: Stage) -> Times:
    """Pause inside a C call that lasts an hour: killed after the grace period."""
    return _asked_in_c(stage, "sleep:6", lifecycle.pause, RunState.PAUSED)


def stopped_in_c_that_holds_all(stage: Stage) -> Times:
    """Stop inside a C call under which no other thread runs, so that the lease ends too."""
    return _asked_in_c(stage, "hold:6", lifecycle.stop, RunState.STOPPED)


def _asked_in_c(stage: Stage, fault: str, wish: Callable, state: RunState) -> Times:
    stage.fault, stage.module = fault, "tests.faults.worker"
    stage.workers(1)
    run_id = stage.submit()
    stage.reach(run_id, 5)
    attempt = stage.attempt(run_id)
    at = time.time()
    stage.ask(wish, run_id)
    stage.state(run_id, state, seconds=GRACE + LEASE + SOON)
    took = time.time() - at
    attempt.wait(LEASE + SOON)
    stage.ask(lifecycle.retry if state == RunState.STOPPED else lifecycle.resume, run_id)
    stage.finish(run_id)
    return {"ended": round(took, 2)}


def running(stage: Stage, **config: int) -> str:
    """A run that is somewhere past its second checkpoint."""
    run_id = stage.submit(**config)
    stage.reach(run_id, 9)
    return run_id


def suspended(stage: Stage, processes: list[psutil.Process]) -> bool:
    """Freeze them; let them go on when one of them holds SQLite's write lock."""
    for process in processes:
        process.suspend()
    if stage.writable():
        return True
    for process in processes:
        process.resume()
    return False


def frozen(stage: Stage, run_id: str) -> bool:
    """Whether the attempt is stopped by a signal."""
    try:
        return stage.attempt(run_id).status() == psutil.STATUS_STOPPED
    except (AssertionError, psutil.Error):
        return False


def recovered(stage: Stage, run_id: str, at: float, within: float | None, **config: int) -> Times:
    """Wait for the end; the run must have been claimed again `within` seconds of `at`."""
    stage.finish(run_id, **config)
    times = stage.recovery(run_id, at)
    assert stage.run(run_id).token == 2, "the run was not taken over exactly once"
    assert within is None or times["claimed"] <= within, f"claimed only after {times['claimed']} s"
    return times


ROWS: Mapping[str, Row] = {
    "attempt-killed": attempt_killed,
    "supervisor-killed": supervisor_killed,
    "web-killed": web_killed,
    "attempt-frozen": attempt_frozen,
    "frozen-in-transaction": frozen_in_transaction,
    "machine-frozen": machine_frozen,
    "postgres-cut": postgres_cut,
    "postgres-cut-past-lease": postgres_cut_past_lease,
    "everything-killed": everything_killed,
    "killed-before-commit": killed_before_commit,
    "checkpoint-truncated": checkpoint_truncated,
    "checkpoint-wrong-hash": checkpoint_wrong_hash,
    "disk-full": disk.store_full,
    "disk-full-database": disk.database_full,
    "claimers": claimers.sixteen,
    "stopped-in-c": stopped_in_c,
    "paused-in-c": paused_in_c,
    "stopped-in-c-that-holds-all": stopped_in_c_that_holds_all,
}
