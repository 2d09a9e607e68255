"""What the API takes and gives about the service itself: health, sessions, workers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, StrictStr

from server.web.schemas.base import Input


class Rendering(BaseModel):
    """Whether videos can be rendered here; `message` names the remedy when they cannot."""

    backend: str | None
    message: str


class Health(BaseModel):
    """State of the service. `disk_free` in bytes of the artifact store's file system."""

    status: Literal["ok", "degraded"]
    version: str
    database: str
    workers: int
    disk_free: int
    rendering: Rendering


class Session(BaseModel):
    """Who the caller is. `required`: this server wants a token."""

    owner: str | None
    required: bool


class SessionCreate(Input):
    """Exchange of a token for a cookie, for browsers."""

    token: StrictStr


class Worker(BaseModel):
    """A process that runs attempts. `state` is `lost` when its heartbeat is overdue."""

    id: str
    host: str
    pid: int
    state: Literal["running", "stopping", "stopped", "lost"]
    executor: str
    slots: int
    gpus: int
    running: list[str]
    started_at: datetime
    heartbeat_at: datetime
    version: str


class WorkerList(BaseModel):
    """All workers seen lately."""

    workers: list[Worker]
