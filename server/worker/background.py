"""Child processes that give way to training: drawing videos, measuring policies."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cpo_core.machine import parent_death
from server.settings import Settings


def start(
    settings: Settings, command: Sequence[str], stderr: int, extra: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a child in a session of its own, at a lower priority; its output is to be read.

    `extra` is added to its environment.

    `nice` ranks processes within a session. Linux shares the processors among sessions first
    (autogroups, sched(7)), so the whole session of the child steps back too.
    """
    nice = str(settings.background_nice)
    child = subprocess.Popen(
        ["nice", "-n", nice, *command] if os.name == "posix" else command,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True,
        env=settings.environment() | parent_death.mark() | dict(extra or {}),
        start_new_session=True,
    )  # fmt: skip
    with contextlib.suppress(OSError):  # no Linux, no autogroups, or the child has ended
        Path(f"/proc/{child.pid}/autogroup").write_text(nice)
    return child


def end(child: subprocess.Popen[str]) -> None:
    """Leave nothing of a child, however its work ended."""
    if child.poll() is None:
        child.kill()
        child.communicate()
