"""How many processors this process may use."""

from __future__ import annotations

import os

THREADS = "CPO_THREADS"
"""Environment variable by which whoever starts several processes gives each its share."""


def available_threads() -> int:
    """Threads to use where none are asked for; results do not depend on them."""
    share = os.environ.get(THREADS, "")
    if share.isdecimal() and int(share) > 0:
        return int(share)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
