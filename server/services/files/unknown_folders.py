"""Folders of runs that the database does not know: set aside, and removed much later.

A database that was restored from an older copy knows fewer runs than there are files. So a folder
without a row is first moved into the trash, where its name says since when; it comes back when its
run does.
"""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.models import Run
from server.services.files import store_identity
from server.settings import Settings

log = logging.getLogger("costline.trash")
FOLDER = ".trash"
NAME = re.compile(r"(\d+)-(.+)")
ORPHAN_SECONDS = 600.0
"""A folder without a row is only touched when it is older: its row may not be committed yet."""


def sweep(session: Session, settings: Settings) -> list[Path]:
    """Move folders without a run into the trash and back; those to delete now."""
    try:
        if not store_identity.holds(session, settings):
            log.warning("action=tidy skipped=true reason='another store' at=%s", settings.runs_path)
            return []
        known = set(session.scalars(select(Run.id)))
        at = session.scalars(select(now())).one()
        _set_aside(settings.runs_path, known, at)
        return _overdue(settings, known, at)
    except OSError as error:  # another worker was faster, or the disk is away: next time
        log.warning("action=tidy failed=true error=%s", error)
        return []


def _set_aside(runs: Path, known: set[str], at: float) -> None:
    old = time.time() - ORPHAN_SECONDS
    for folder in runs.iterdir():
        if folder.name.startswith(".") or folder.name in known or folder.stat().st_mtime > old:
            continue
        target = runs / FOLDER / f"{at:.0f}-{folder.name}"
        target.parent.mkdir(exist_ok=True)
        folder.rename(target)
        log.warning("action=trash folder=%s to=%s", folder, target)


def _overdue(settings: Settings, known: set[str], at: float) -> list[Path]:
    trash, gone = settings.runs_path / FOLDER, []
    for folder in trash.iterdir() if trash.is_dir() else ():
        match = NAME.fullmatch(folder.name)
        if match is None:
            continue
        since, name = float(match[1]), match[2]
        home = settings.runs_path / name
        if name in known and not home.exists():
            folder.rename(home)
            log.warning("action=restore folder=%s", home)
        elif name not in known and since + settings.keep_deleted_seconds < at:
            gone.append(folder)
    return gone
