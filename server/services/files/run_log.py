"""The log of a run: what its attempts and its renderer wrote."""

from __future__ import annotations

import logging
from pathlib import Path

from server import store
from server.models import Run
from server.settings import Settings
from server.web.schemas.artifacts import Log

log = logging.getLogger("costline.logs")
BLOCK = 1 << 16
LONGEST = 2 * 2**20
"""Bytes: progress bars write without ending a line."""


def path(settings: Settings, run_id: str) -> Path:
    """Where the log of a run is."""
    return settings.runs_path / run_id / "log.txt"


def tail(settings: Settings, run: Run, count: int) -> Log:
    """The last `count` lines; reads only the end of the file, LONGEST at most."""
    file = _found(settings, run.id)
    if file is None:
        return Log(lines=[], truncated=False)
    size = file.stat().st_size
    data, start = b"", size
    with file.open("rb") as stream:
        while start > 0 and data.count(b"\n") <= count and len(data) < LONGEST:
            step = min(BLOCK, start)
            start -= step
            stream.seek(start)
            data = stream.read(step) + data
    lines = data.decode(errors="replace").splitlines()
    return Log(lines=lines[-count:], truncated=start > 0 or len(lines) > count)


def share(settings: Settings, run_id: str, token: int) -> None:
    """Let other machines read what this one has written so far; the log itself goes on growing."""
    place = store.of(settings)
    if not place.shared or not path(settings, run_id).exists():
        return
    try:
        place.link(place.name(path(settings, run_id)), _shared(run_id, token))
    except OSError as error:
        log.warning("action=share failed=true error=%s", error)


def _shared(run_id: str, token: int) -> str:
    return f"runs/{run_id}/{token:04d}/log.txt"


def _found(settings: Settings, run_id: str) -> Path | None:
    """The log of this machine, or else what the newest attempt has shared."""
    file = path(settings, run_id)
    if file.exists():
        return file
    place = store.of(settings)
    if not place.shared:
        return None
    try:
        names = [n for n in place.names(f"runs/{run_id}") if n.endswith("/log.txt")]
        return place.get(max(names), anew=True) if names else None
    except OSError as error:
        log.warning("action=log failed=true error=%s", error)
        return None
