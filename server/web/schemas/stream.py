"""What the event stream sends."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from server.web.schemas.alerts import Alert
from server.web.schemas.base import Columns
from server.web.schemas.runs import Run
from server.web.schemas.service import WorkerList


class MetricsEvent(BaseModel):
    """New rows of one run, those after iteration `after`.

    `back`: a resumed run has stepped back to its checkpoint, so rows > `after` that are held are
    void. Without it rows never change: what is held already can be left as it is.
    """

    run_id: str
    after: int
    back: bool
    columns: Columns


class VideoEvent(BaseModel):
    """A video is ready, or drawing it failed (`problem`)."""

    run_id: str
    name: str | None
    iteration: int | None
    problem: str | None


class QueueEvent(BaseModel):
    """The queue in order of claims."""

    run_ids: list[str]


class HelloEvent(BaseModel):
    """The stream is open. `resumed`: nothing is left out since the given Last-Event-ID."""

    resumed: bool


class StreamEvent(BaseModel):
    """What `GET /api/events` sends, by event name: the `data` of each message."""

    hello: HelloEvent
    run: Run
    metrics: MetricsEvent
    video: VideoEvent
    workers: WorkerList
    queue: QueueEvent
    alert: Alert
    reset: dict[str, Any]
    """Too many events were missed: load everything anew."""
