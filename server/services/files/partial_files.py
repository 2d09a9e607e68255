"""Halves that killed processes left: downloads, exports, backups, restores. Nothing names them."""

from __future__ import annotations

import time
from pathlib import Path

from server.settings import Settings

AGE_SECONDS = 86400.0
"""Older than anything that is still being made, however slow the machine."""
PATTERNS = (".fetch-*", ".backup-*", ".restore-*", "runs/*/policies/.*")


def scraps(settings: Settings) -> list[Path]:
    """Files and folders to delete; one that is gone already is left out."""
    old = time.time() - AGE_SECONDS
    return [path for path in _halves(settings.data_path) if _touched(path) < old]


def _halves(data: Path) -> list[Path]:
    return [path for pattern in PATTERNS for path in data.glob(pattern)]


def _touched(path: Path) -> float:
    """When it was last written; an infinity when another process was faster to delete it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")
