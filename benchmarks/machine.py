"""The machine and the date, as they stand beside each kept figure."""

from __future__ import annotations

import datetime
import functools
import os
import platform
from importlib.metadata import version
from pathlib import Path

from cpo_core.networks.shards import available_threads

PACKAGES = ("numpy", "torch", "mujoco")


def stamp() -> dict[str, str | float]:
    """`date`, `machine`, and the `load` of the last minute (processes that want a processor)."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {"date": today, "machine": machine(), "load": round(os.getloadavg()[0], 2)}


@functools.cache
def machine() -> str:
    """Cores, processor and versions in one line."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{available_threads()} cores of {_processor()}, {platform.system()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
