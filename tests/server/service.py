"""Short ways to put runs into any state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from server.db import Database
from server.models import Run
from server.services.ledger import runs
from server.services.scheduling import queue
from server.services.scheduling.queue import Capacity, Claim
from server.settings import Settings
from server.web.schemas.runs import RunCreate


@dataclass
class Service:
    """Short ways to put runs into any state, by the services that production uses."""

    database: Database
    settings: Settings

    def run(self, owner: str = "local", **fields: Any) -> str:
        """Id of a new queued run."""
        with self.database.write() as session:
            return self.create(session, owner, **fields).id

    def create(self, session: Session, owner: str = "local", **fields: Any) -> Run:
        """A new queued run."""
        body = RunCreate(**({"task": "point-circle", "algorithm": "cpo"} | fields))
        return runs.create(session, self.settings, body, owner)

    def claim(
        self, worker: str = "w1", slots: int = 1, gpus: int = 0, lease: float = 30.0, limit: int = 0
    ) -> Claim | None:
        """What a worker with this room would get."""
        with self.database.write() as session:
            return queue.claim(session, worker, Capacity(slots, gpus), lease, limit)

    def held(self, lease: float = 30.0, **fields: Any) -> Claim:
        """A new run and the attempt that holds it."""
        run_id = self.run(**fields)
        claim = self.claim(lease=lease)
        assert claim is not None
        assert claim.run_id == run_id
        return claim

    def get(self, run_id: str) -> Run:
        """The run as it is now."""
        with self.database.read() as session:
            return session.get_one(Run, run_id)
