"""One attempt at a run, in a process of its own: `python -m server.worker.attempt RUN_ID TOKEN`.

The only door from the server to the heavy floor of cpo_core. The process dies with the supervisor
that started it, and ends itself when it loses its lease.
"""

from __future__ import annotations

import errno
import logging
import signal
import sys
import threading
from pathlib import Path

from sqlalchemy.orm import Session

from cpo_core.machine import parent_death
from cpo_core.spec.config import TrainConfig, from_plain
from server import logging_setup, store
from server.db import Database
from server.errors import AppError, Fenced
from server.models import Run
from server.services.files import (
    artifacts,
    checkpoint_integrity,
    run_log,
    store_identity,
    unreferenced_files,
)
from server.services.files.store_identity import WrongStore
from server.services.ledger import events, lifecycle
from server.services.scheduling.queue import Claim
from server.settings import Settings, settings
from server.store import StoreError
from server.worker.executors.base import STORE_AWAY
from server.worker.lease import FENCED, Lease, leave
from server.worker.recorder import Recorder

log = logging.getLogger("costline.attempt")
REASON_LENGTH = 500


def main(arguments: list[str]) -> int:
    """Run the attempt named by the arguments; the exit status."""
    run_id, token = arguments[0], int(arguments[1])
    parent_death.die_with_parent(signal.SIGKILL)
    chosen = settings()
    logging_setup.configure(run=run_id, token=token)
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    database = Database(chosen.url, lease_seconds=chosen.lease_seconds)
    lease = Lease(database, Claim(run_id, token), chosen.lease_seconds)
    try:
        lease.start()
        return attempt(database, chosen, lease, asked)
    except Fenced as error:
        leave(str(error), FENCED)
        return FENCED
    finally:
        lease.stop()
        database.close()


def attempt(database: Database, chosen: Settings, lease: Lease, asked: threading.Event) -> int:
    """Train from the newest intact checkpoint on; an error of the training fails the run."""
    recorder = Recorder(database, chosen, lease, asked)
    run_id, token = lease.claim.run_id, lease.claim.token
    try:
        config, resume = prepare(recorder, chosen, run_id)
        from cpo_core.training.loop import train  # the heavy floor

        train(
            config,
            recorder,
            lambda: asked.is_set() or recorder.asked_to_end,
            directory=artifacts.folder(chosen, run_id) / f"{token:04d}",
            resume=resume,
        )
    except Fenced:
        raise
    except (WrongStore, StoreError) as error:  # of this machine, or for now
        log.exception("action=lose")
        reason, away = explain(error), store_is_away(recorder, chosen)
        recorder.write(lambda session: _lost(session, run_id, token, reason, counts=not away))
        return STORE_AWAY if away else 1
    except Exception as error:
        store.of(chosen).remove(
            unreferenced_files.unfinished(chosen, run_id)
        )  # room for the database, perhaps
        log.exception("action=fail")
        reason = explain(error)
        recorder.write(lambda session: _fail(session, run_id, token, reason))
        return 1
    finally:
        run_log.share(chosen, run_id, token)
    return 0


def prepare(recorder: Recorder, chosen: Settings, run_id: str) -> tuple[TrainConfig, Path | None]:
    """The run's configuration and checkpoint; rows past the checkpoint are removed.

    Raises WrongStore, NoneReadable or StoreError, and then all rows and files are as they were.
    """
    # Not in the transaction that writes: it may take a while to reach the store, fetch files and
    # read them.
    recorder.read(lambda session: store_identity.check_and_mark(session, chosen))
    newest = recorder.read(lambda session: checkpoint_integrity.newest(session, chosen, run_id))
    iteration = newest.checkpoint.iteration if newest.checkpoint else 0
    configs: list[TrainConfig] = []
    left: list[Path] = []

    def work(session: Session) -> None:
        run = session.get_one(Run, run_id)
        for damaged in newest.damaged:
            message = f"The checkpoint of iteration {damaged.iteration} is damaged; back to "
            events.add(session, "log", run_id, f"{message}iteration {iteration}.")
            session.delete(session.merge(damaged))
        recorder.rewind(session, run, iteration)
        recorder.resumed_at(iteration)
        configs[:] = [from_plain(run.config)]
        session.flush()
        left[:] = unreferenced_files.strays(session, chosen, run_id)

    recorder.write(work)
    checkpoint_integrity.quarantine(chosen, newest.damaged)
    store.of(chosen).remove(left)
    path = chosen.data_path / newest.checkpoint.path if newest.checkpoint else None
    return configs[0], path


def store_is_away(recorder: Recorder, chosen: Settings) -> bool:
    """Whether the whole store is out of reach, which is not the run's fault, or only a file."""
    try:
        recorder.read(lambda session: store_identity.check_and_mark(session, chosen))
    except (WrongStore, StoreError):
        return True
    return False


def explain(error: BaseException) -> str:
    """Why a run failed, and what to do, in one line."""
    if isinstance(error, AppError):
        return error.detail[:REASON_LENGTH]
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or "No space left on device" in str(error):  # safetensors has an error of its own
        return "The disk is full. Make room, then retry: it continues from its last checkpoint."
    if isinstance(error, MemoryError):
        return "Not enough memory. Use a smaller batch size or fewer slots per worker."
    return f"{type(error).__name__}: {error}"[:REASON_LENGTH]


def _lost(session: Session, run_id: str, token: int, reason: str, *, counts: bool) -> None:
    lifecycle.lost(session, run_id, token, reason, counts=counts)


def _fail(session: Session, run_id: str, token: int, reason: str) -> None:
    lifecycle.failed(session, run_id, token, reason)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
