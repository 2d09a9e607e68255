"""A disk that fills up: a small tmpfs under the data directory."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from server.domain.states import RunState
from server.services.ledger import lifecycle
from tests.faults.stage import Stage

SIZE = "8m"
LEFT = 8192
"""Bytes that the ballast leaves: too few for a checkpoint."""
CONFIG = {"hidden": [64, 64]}


@contextmanager
def small(folder: Path) -> Iterator[Path]:
    """A file system of a few MB at `folder`; raises OSError where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise OSError(f"cannot mount a tmpfs: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def store_full(stage: Stage) -> Mapping[str, float]:
    """No room for checkpoints: the run fails with the reason; with room again, a retry goes on."""
    stage.baseline(**CONFIG)
    stage.workers(1)
    run_id = stage.submit(**CONFIG)
    stage.reach(run_id, 9)
    ballast = stage.settings.runs_path / "ballast"
    at = time.time()
    fill(ballast, LEFT)
    run = stage.state(run_id, RunState.FAILED)
    took = time.time() - at
    assert "disk is full" in run.reason, run.reason
    intact(stage)
    ballast.unlink()
    stage.ask(lifecycle.retry, run_id)
    stage.finish(run_id, **CONFIG)
    return {"said": round(took, 2)}


def database_full(stage: Stage) -> Mapping[str, float]:
    """No room for the database itself: the attempt ends; with room again, the run goes on.

    Where it is a checkpoint that finds no room, the run fails with the reason, and a retry goes on.
    """
    stage.workers(1)
    run_id = stage.submit()
    stage.reach(run_id, 9)
    attempt = stage.attempt(run_id)
    ballast = stage.folder / "ballast"
    fill(ballast, 0)
    attempt.wait(60)
    ballast.unlink()
    at = time.time()
    intact(stage)
    run = stage.state(run_id, RunState.SUCCEEDED, RunState.FAILED)
    if run.state == RunState.FAILED:
        assert "disk is full" in run.reason, run.reason
        stage.ask(lifecycle.retry, run_id)
    stage.finish(run_id)
    return stage.recovery(run_id, at)


def fill(ballast: Path, left: int) -> None:
    """Take all room but `left` bytes; the service writes meanwhile, so look again when it fails."""
    with ballast.open("wb") as file:
        while True:
            free = os.statvfs(ballast.parent)
            size = ballast.stat().st_blocks * 512 + free.f_bavail * free.f_frsize - left
            try:
                os.posix_fallocate(file.fileno(), 0, size)
                return
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def intact(stage: Stage) -> None:
    """The database is whole."""
    if stage.database.kind == "sqlite":
        with stage.database.read() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            assert not session.execute(text("PRAGMA foreign_key_check")).all()
