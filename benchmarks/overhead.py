"""What recording and rendering cost the training that they accompany.

    python -m benchmarks.overhead [--repeats R] [--iterations I] [--batch-size S]

Point-Circle, whose iterations are the shortest, trains in turn: alone; as an attempt does, whose
recorder writes every event to SQLite; and as an attempt beside which a video of every checkpoint is
drawn, which keeps the process that draws busy all the time. Checkpoints come every five iterations
in all three. The value is by how much the wall time grows; `cpu` is the same in processor seconds
of the training process, which the process that draws is no part of.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.figures import in_turn, median, ratio, say
from cpo_core.spec.config import make_config
from cpo_core.training.loop import train
from server.db import Database
from server.operations import migrate
from server.services.ledger import runs
from server.services.scheduling import queue
from server.services.scheduling.queue import Capacity, Claim
from server.settings import Settings
from server.web.schemas.runs import RunCreate
from server.worker.attempt import attempt
from server.worker.lease import Lease
from server.worker.renderer import Renderer

TASK, WORKER = "point-circle", "benchmark"
LEASE_SECONDS = 3600.0
EVERY = 5
RENDERED = "recorded, with a video of every checkpoint"


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=50_000)
    given = parser.parse_args()
    chosen = {
        "iterations": given.iterations, "batch_size": given.batch_size,
        "checkpoint_every": EVERY, "video_every": EVERY,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        taken = in_turn(_kinds(Path(folder), chosen, stack), given.repeats)
    alone = median(taken["alone"])
    for kind in ("recorded", RENDERED):
        more = ratio(taken[kind], taken["alone"])
        say(
            f"training is slower by, {kind}", more.wall - 1, "share", cpu=more.cpu - 1,
            s_per_iteration=median(taken[kind]).wall / given.iterations,
            s_per_iteration_alone=alone.wall / given.iterations, repeats=given.repeats,
        )  # fmt: skip


def _kinds(
    folder: Path, chosen: dict[str, Any], stack: ExitStack
) -> dict[str, Callable[[], object]]:
    """The three ways to train; what they need is given back with `stack`."""
    settings = Settings(data_dir=folder, lease_seconds=LEASE_SECONDS)
    silent = settings.model_copy(update={"videos": False})
    database = Database(settings.url)
    stack.callback(database.close)
    migrate.upgrade(database)
    config = make_config(TASK, **chosen)

    def alone() -> None:
        with tempfile.TemporaryDirectory() as place:
            train(config, directory=Path(place))

    def rendered() -> None:
        renderer = Renderer(database, settings, WORKER)
        renderer.start()
        try:
            _attempt(database, settings, chosen)
        finally:
            renderer.stop()

    return {
        "alone": alone,
        "recorded": lambda: _attempt(database, silent, chosen),
        RENDERED: rendered,
    }


def _attempt(database: Database, settings: Settings, chosen: dict[str, Any]) -> None:
    """Queue a run, take it, and train it as a worker's child does."""
    body = RunCreate(task=TASK, algorithm="cpo", config=chosen)
    with database.write() as session:
        runs.create(session, settings, body, "local")
    with database.write() as session:
        claim = queue.claim(session, WORKER, Capacity(1), LEASE_SECONDS)
    assert isinstance(claim, Claim)
    failed = attempt(database, settings, Lease(database, claim, LEASE_SECONDS), threading.Event())
    if failed:
        raise SystemExit("the run failed; see the log above")


if __name__ == "__main__":
    main()
