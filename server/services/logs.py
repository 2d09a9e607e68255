"""The log of a run: what its attempts and its renderer wrote."""

from __future__ import annotations

from pathlib import Path

from server.models import Run
from server.schemas import Log
from server.settings import Settings

BLOCK = 1 << 16


def path(settings: Settings, run_id: str) -> Path:
    """Where the log of a run is."""
    return settings.runs_path / run_id / "log.txt"


def tail(settings: Settings, run: Run, count: int) -> Log:
    """The last `count` lines; reads only the end of the file."""
    file = path(settings, run.id)
    if not file.exists():
        return Log(lines=[], truncated=False)
    size = file.stat().st_size
    data, start = b"", size
    with file.open("rb") as stream:
        while start > 0 and data.count(b"\n") <= count:
            step = min(BLOCK, start)
            start -= step
            stream.seek(start)
            data = stream.read(step) + data
    lines = data.decode(errors="replace").splitlines()
    return Log(lines=lines[-count:], truncated=start > 0 or len(lines) > count)
