"""The faults: each function injects one into a fresh run, once, and checks what must hold.

What it returns are seconds of recovery: `claimed` until a new attempt holds the run, `trains` until
the next iteration is recorded.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from server.models import Event
from server.schemas import RunState
from server.services import lifecycle
from tests.faults import claimers, disk
from tests.faults.stage import GRACE, LEASE, Stage, children, kill

Times = Mapping[str, float]
Row = Callable[[Stage], Times]
LONG = {"iterations": 250}
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
    """kill -9 of the web server: training does not notice."""
    import urllib.request

    stage.workers(1)
    web = stage.start("server.cli", "serve")

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{stage.port}/api/health", timeout=5):
                return True
        except OSError:
            return False

    stage.wait(answers, "the web server")
    run_id = running(stage)
    at = kill(web)
    web = stage.start("server.cli", "serve")
    stage.wait(answers, "the web server again")
    back = time.time() - at
    stage.finish(run_id)
    assert stage.run(run_id).token == 1, "training was interrupted"
    web.terminate()
    web.wait(30)
    return {"answers": round(back, 2)}


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


def machine_frozen(stage: Stage) -> Times:
    """SIGSTOP of worker and training process past the lease, then SIGCONT: fenced.

    With SQLite, between two transactions: one frozen inside a transaction keeps the only write lock
    until it goes on or ends (PostgreSQL drops it after a minute), so nothing can move on.
    """
    stage.workers(2)
    run_id = running(stage)
    frozen = [stage.supervisor(run_id), stage.attempt(run_id)]
    at = time.time()
    stage.wait(lambda: suspended(stage, frozen), "a moment between two transactions")
    stage.wait(lambda: stage.run(run_id).token > 1, "another attempt")
    stage.wait(lambda: stage.recovery(run_id, at).get("trains") is not None, "an iteration")
    for process in reversed(frozen):  # the attempt first: its worker must not save the day
        process.resume()
    frozen[1].wait(30)
    return recovered(stage, run_id, at, LEASE + SOON)


def postgres_cut(stage: Stage) -> Times:
    """Immediate stop of PostgreSQL for 10 s, a third of the lease: the same attempt goes on."""
    return _database_away(stage, 10.0, attempts=1)


def postgres_cut_past_lease(stage: Stage) -> Times:
    """Immediate stop of PostgreSQL for longer than the lease: the attempt ends itself."""
    return _database_away(stage, LEASE + 2.0, attempts=2)


def _database_away(stage: Stage, seconds: float, attempts: int) -> Times:
    assert stage.postgres is not None
    stage.workers(1)
    run_id = running(stage)
    attempt = stage.attempt(run_id)
    stage.postgres.cut()
    end = time.monotonic() + seconds
    while time.monotonic() < end:  # the outage itself lasts this long
        time.sleep(0.05)
    if attempts > 1:
        attempt.wait(30)
    stage.postgres.start()
    at = time.time()
    stage.finish(run_id)
    found = stage.run(run_id).token
    assert found == attempts, f"{found} attempts instead of {attempts}"
    return stage.recovery(run_id, at)


def everything_killed(stage: Stage) -> Times:
    """kill -9 of all workers and attempts at once (with PostgreSQL: cut too), then started."""
    stage.workers(2)
    ids = [stage.submit(**LONG), stage.submit(**LONG)]
    for run_id in ids:
        stage.reach(run_id, 9)
    doomed = [p for w in stage.alive() for p in [psutil.Process(w.pid), *children(w.pid)]]
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
    times = [recovered(stage, run_id, at, None, **LONG) for run_id in ids]
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


def running(stage: Stage) -> str:
    """A run that is somewhere past its second checkpoint."""
    run_id = stage.submit()
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
