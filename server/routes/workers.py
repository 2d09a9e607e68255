"""Workers: which processes run attempts, and what runs where."""

from __future__ import annotations

from fastapi import APIRouter

from server.deps import Reading
from server.schemas.service import WorkerList
from server.services import workers

router = APIRouter(prefix="/api", tags=["workers"])


@router.get("/workers")
def list_workers(session: Reading) -> WorkerList:
    """Workers seen in the last day, newest first."""
    return workers.listing(session)
