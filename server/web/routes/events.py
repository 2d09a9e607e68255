"""The event stream: what changes is on screen at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from server.web.schemas.stream import StreamEvent

router = APIRouter(prefix="/api", tags=["events"])


@router.get("/events", response_class=EventSourceResponse, responses={200: {"model": StreamEvent}})
async def stream_events(
    request: Request,
    last_event_id: Annotated[str | None, Header()] = None,
    run: Annotated[list[str] | None, Query(description="Only metrics and videos of these.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Everything that happens, from now or from Last-Event-ID on."""
    async for event in request.app.state.feed.follow(last_event_id, run):
        yield event
