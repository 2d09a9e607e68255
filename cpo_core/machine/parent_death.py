"""Child processes that end with their parent (Linux; elsewhere the lease ends them).

Linux sends the signal when the *thread* that started the child ends: start children from a thread
that lives as long as the process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "COSTLINE_PARENT_PID"
PR_SET_PDEATHSIG = 1


def mark() -> dict[str, str]:
    """Environment by which a child knows whose it is."""
    return {PARENT: str(os.getpid())}


def die_with_parent(number: signal.Signals) -> None:
    """Get this signal when the process that marked this one dies, also if it already has."""
    parent = os.environ.pop(PARENT, None)  # it names this process's parent, not its children's
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != int(parent):
        os.kill(os.getpid(), number)
