"""Nothing that a test run starts outlives it, however it ends: a kill -9 runs no tear-down.

Every process of a run inherits the run's mark in its environment. A reaper stands beside the run
and holds one end of a pipe; when the run's end closes it ends whoever carries the mark, and their
children. `python -m tests.reaper PARENT MARK` is the reaper.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil

MARKS = "TEST_RUNS"
"""Marks of the runs around a process, outermost first: xdist's workers are runs in a run."""
GRACE_SECONDS = 5.0
"""To end in order, as PostgreSQL must to give its shared memory back; then comes kill -9."""
REAP_SECONDS = 60.0
LOOK_SECONDS = 0.1
PARENT_SECONDS = 1.0


def guard() -> str:
    """Mark what this process starts from now on, and start its reaper; the mark."""
    mark = uuid.uuid4().hex
    around = os.environ.get(MARKS, "")
    # Without the mark: the reaper of a run around this one would end it, its work undone.
    command = [sys.executable, "-m", "tests.reaper", str(os.getpid()), mark]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1], env={k: v for k, v in os.environ.items() if k != MARKS},
        start_new_session=True,  # Ctrl-C in a terminal is not for it
    )  # fmt: skip
    os.environ[MARKS] = f"{around} {mark}".strip()
    _held.append(child)
    return mark


_held: list[subprocess.Popen[bytes]] = []
"""As long as the process lives, so that the pipe stays open."""


def marked(mark: str) -> list[psutil.Process]:
    """All processes of a run, and their descendants: some write over their environment."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if mark in process.environ().get(MARKS, "").split():
                found[process.pid] = process
                found |= {child.pid: child for child in process.children(recursive=True)}
    found.pop(os.getpid(), None)
    return [process for process in found.values() if alive(process)]


def alive(process: psutil.Process) -> bool:
    """Whether a process runs: what is dead may wait long for whoever collects the dead."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def reap(mark: str) -> None:
    """End a run's processes in order, then by force, until none is left."""
    start = time.monotonic()
    asked: set[psutil.Process] = set()
    while (left := marked(mark)) and time.monotonic() - start < REAP_SECONDS:
        patient = time.monotonic() - start < GRACE_SECONDS
        for process in left:
            with contextlib.suppress(psutil.Error):
                if not patient:
                    process.kill()
                elif process not in asked:
                    asked.add(process)
                    process.terminate()
        time.sleep(LOOK_SECONDS)


def main(parent: int, mark: str) -> None:
    """Wait for the end of the run, then reap."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # A fork of the run may hold the pipe open: so look whose child this is, too.
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], PARENT_SECONDS)[0]:
            break
    reap(mark)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
