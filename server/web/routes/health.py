"""Health and Prometheus metrics."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse

from server.services.scheduling import health
from server.web.deps import Reading, SettingsDep, owner
from server.web.schemas.service import Health

router = APIRouter(prefix="/api", tags=["health"])


@router.get("/health")
def get_health(session: Reading, settings: SettingsDep) -> Health:
    """Whether everything works, and what is missing."""
    return health.report(session, settings)


@router.get("/metrics/prometheus", response_class=PlainTextResponse, dependencies=[Depends(owner)])
def get_prometheus(session: Reading, settings: SettingsDep) -> PlainTextResponse:
    """Numbers for Prometheus."""
    return PlainTextResponse(health.prometheus(session, settings), media_type=health.PROMETHEUS)
