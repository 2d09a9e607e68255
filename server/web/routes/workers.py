"""Workers: which processes run attempts, and what runs where."""

from __future__ import annotations

from fastapi import APIRouter

from server.services.scheduling import workers
from server.web.deps import Reading
from server.web.schemas.service import WorkerList

router = APIRouter(prefix="/api", tags=["workers"])


@router.get("/workers")
def list_workers(session: Reading) -> WorkerList:
    """Workers with a heartbeat in the last 24 hours, newest first."""
    return workers.listing(session)
