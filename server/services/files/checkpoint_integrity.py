"""Whether checkpoint files are as they were written, and the newest one that is.

A file that is missing or has another hash is passed over. One that cannot be read says nothing
about itself: the disk or the network is at fault, and nothing is decided.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from server import store
from server.errors import Unavailable
from server.models import Checkpoint
from server.services.files import artifacts
from server.settings import Settings
from server.store import StoreError

log = logging.getLogger("costline.intact")


class NoneReadable(Unavailable):
    """A run has checkpoints, and the file of none of them can be used."""


@dataclass(frozen=True)
class Newest:
    """The newest intact checkpoint, if the run has any, and the newer ones passed over."""

    checkpoint: Checkpoint | None
    damaged: Sequence[Checkpoint] = ()


def newest(session: Session, settings: Settings, run_id: str) -> Newest:
    """Look from the newest back. Raises NoneReadable, or StoreError when it cannot be told."""
    damaged: list[Checkpoint] = []
    for checkpoint in artifacts.checkpoints(session, run_id):
        problem = damage(settings, checkpoint)
        if problem is None:
            return Newest(checkpoint, damaged)
        log.warning("checkpoint refused, going back to the one before: %s", problem)
        damaged.append(checkpoint)
    if damaged:
        raise NoneReadable(
            f"None of {len(damaged)} checkpoints is readable under "
            f"{artifacts.folder(settings, run_id)}: is the data directory mounted? Retry once it "
            "is; if the files are gone for good, clone the run to begin anew."
        )
    return Newest(None)


def damage(settings: Settings, checkpoint: Checkpoint) -> str | None:
    """What is wrong with a checkpoint's file; None when it is as it was written.

    Raises StoreError when that cannot be told.
    """
    place = store.of(settings)
    try:
        found = sha256(place.get(checkpoint.path))
        if found != checkpoint.sha256 and place.shared:  # perhaps only this machine's copy
            found = sha256(place.get(checkpoint.path, anew=True))
    except FileNotFoundError:
        return f"{checkpoint.path}: does not exist"
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"{checkpoint.path}: {error.strerror or error}") from error
    if found != checkpoint.sha256:
        return f"{checkpoint.path}: its sha256 is {found[:12]}…, not {checkpoint.sha256[:12]}…"
    return None


def quarantine(settings: Settings, damaged: Sequence[Checkpoint]) -> None:
    """Keep damaged files for a look, where nothing takes them for checkpoints."""
    for checkpoint in damaged:
        file = settings.data_path / checkpoint.path
        target = artifacts.folder(settings, checkpoint.run_id) / "damaged"
        if file.is_file():
            target.mkdir(parents=True, exist_ok=True)
            file.replace(target / f"{checkpoint.token:04d}-{file.name}")


def sha256(file: Path) -> str:
    """Hash of a file's content."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
