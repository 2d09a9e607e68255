"""A service with one real run in training, for the parts that watch it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from server.db import Database
from server.models import Metric
from server.settings import Settings
from tests.acceptance.service import Service

CONFIG = {"batch_size": 10_000, "iterations": 20_000, "video_every": 0, "checkpoint_every": 50}


@dataclass(frozen=True)
class Trained:
    """A run that a worker trains, and the database its rows go to."""

    service: Service
    database: Database
    run_id: str

    def written(self, after: int = 0) -> dict[int, float]:
        """The moment, in seconds since 1970, at which the recorder wrote each iteration."""
        query = select(Metric.iteration, Metric.created_at).where(
            Metric.run_id == self.run_id, Metric.iteration > after
        )
        with self.database.read() as session:
            return {row.iteration: row.created_at for row in session.execute(query)}

    def newest(self) -> int:
        """The last iteration written."""
        return max(self.written(), default=0)


@contextmanager
def training() -> Iterator[Trained]:
    """Point-Circle on one thread, in batches of 10,000 steps, past its first iterations."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "data")
        try:
            service.web()
            service.worker()
            run_id = service.create(config=CONFIG)
            service.wait_for_iteration(run_id, 5)
            database = Database(Settings(data_dir=service.folder).url)
            yield Trained(service, database, run_id)
            database.close()
        finally:
            service.close()
