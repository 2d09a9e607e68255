"""Checkpoint files that no row names: left by attempts that were killed, fenced or out of disk."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import Checkpoint
from server.services import artifacts
from server.settings import Settings


def strays(session: Session, settings: Settings, run_id: str) -> list[Path]:
    """Files to delete; ask only while holding the run, when no other attempt may write there."""
    known = {
        settings.data_path / path
        for path in session.scalars(select(Checkpoint.path).where(Checkpoint.run_id == run_id))
    }
    return [file for file in _files(settings, run_id) if file not in known]


def unfinished(settings: Settings, run_id: str) -> list[Path]:
    """Halves of checkpoints, which take room and are of no use."""
    return [file for file in _files(settings, run_id) if file.name.endswith(".tmp")]


def _files(settings: Settings, run_id: str) -> list[Path]:
    folder = artifacts.folder(settings, run_id)
    return [file for file in folder.glob("[0-9]*/checkpoints/*") if file.is_file()]
