"""Files that no row names: checkpoints of attempts that were killed, fenced or out of disk, and
policies exported from checkpoints that are not kept any more."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from sqlalchemy.orm import Session

from server import store
from server.models import Checkpoint
from server.services.files import artifacts
from server.settings import Settings


def strays(session: Session, settings: Settings, run_id: str) -> list[Path]:
    """Files to delete; ask only while holding the run, when no other attempt may write there."""
    kept = artifacts.checkpoints(session, run_id)
    known = {checkpoint.path for checkpoint in kept}
    place = store.of(settings)
    found = place.names(f"runs/{run_id}")
    lost = [n for n in found if PurePath(n).match("[0-9]*/checkpoints/*") and n not in known]
    return [place.path(name) for name in lost] + exports(settings, run_id, kept)


def exports(settings: Settings, run_id: str, kept: Iterable[Checkpoint]) -> list[Path]:
    """Exported policies of other checkpoints than these."""
    stems = {artifacts.export_stem(checkpoint) for checkpoint in kept}
    place = store.of(settings)
    found = [place.path(name) for name in place.names(f"runs/{run_id}/policies")]
    # A hidden one is being written at this moment.
    return [f for f in found if f.stem not in stems and not f.name.startswith(".")]


def unfinished(settings: Settings, run_id: str) -> list[Path]:
    """Halves of checkpoints, which take room and are of no use."""
    folder = artifacts.folder(settings, run_id)
    return [f for f in folder.glob("[0-9]*/checkpoints/.*.tmp") if f.is_file()]
