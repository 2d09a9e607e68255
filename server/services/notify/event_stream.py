"""The event feed: one reader of the events table for all open streams.

A thread looks for new events by a cheap `max(id)` many times a second while somebody listens,
turns them into messages once, and wakes the streams. Messages of one look are a tick; only the
last message of a tick carries an id, so a stream that breaks inside a tick gets all of it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel
from sqlalchemy.orm import Session

from server.db import Database
from server.models import Alert, Event, Run
from server.services.ledger import events
from server.services.measurements import metrics
from server.services.notify import alerts
from server.services.presentation import views
from server.services.scheduling import queue, workers
from server.settings import Settings
from server.web.schemas import stream as schemas

log = logging.getLogger("costline.feed")
LOOK_SECONDS = 0.05
IDLE_SECONDS = 1.0
MAX_MISSED = 2000
"""With more missed events than that a page loads everything anew."""
KEPT_TICKS = 500


@dataclass(frozen=True)
class Message:
    """One message of the stream, serialised once for all streams."""

    event: str
    data: str
    run_id: str | None = None


@dataclass(frozen=True)
class Tick:
    """All that one look found: events in (after, upto]."""

    after: int
    upto: int
    messages: tuple[Message, ...]


class Feed:
    """See the module. `running()` spans the application's life."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._ticks: tuple[Tick, ...] = ()
        """Replaced as a whole by the thread that looks, so that streams may read it meanwhile."""
        self._newest = 0
        self._listeners = 0
        self._closing = threading.Event()
        self._listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()

    @property
    def newest(self) -> int:
        """Id of the newest event that is known here: what is read from now on is no older."""
        return self._newest

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for events until the application ends."""
        self._loop = asyncio.get_running_loop()
        self._newest = await run_in_threadpool(self._newest_id)
        thread = threading.Thread(target=self._look, name="feed", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.close()
            await run_in_threadpool(thread.join)

    def close(self) -> None:
        """End every stream at once; safe to call from a signal handler."""
        self._closing.set()
        self._listening.set()
        self._wake()

    async def follow(
        self, last_event_id: str | None, run_ids: list[str] | None = None
    ) -> AsyncIterator[ServerSentEvent]:
        """Messages after the given event id, or from now on."""
        end = time.monotonic() + self._settings.stream_seconds
        position, resumed = self._newest, False
        if last_event_id is not None and last_event_id.isdecimal():
            resumed = int(last_event_id) <= self._newest
            position = min(position, int(last_event_id))
        self._listeners += 1
        self._listening.set()
        try:
            # Tells the browser how soon to come back, that the stream is open, and whether
            # something may have happened between what it knows and the first message.
            hello = schemas.HelloEvent(resumed=resumed).model_dump_json()
            yield ServerSentEvent(event="hello", raw_data=hello, id=str(position), retry=1000)
            while not self._closing.is_set() and time.monotonic() < end:
                changed = self._changed
                for tick in await self._since(position):
                    for message in _sent(tick, run_ids):
                        yield message
                    position = tick.upto
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), max(0.0, end - time.monotonic()))
        finally:
            self._listeners -= 1

    async def _since(self, position: int) -> list[Tick]:
        kept = [tick for tick in self._ticks if tick.upto > position]
        if position >= self._newest or (kept and kept[0].after <= position):
            return kept
        missed = await run_in_threadpool(self._load, position)
        return [missed, *(t for t in self._ticks if t.after >= missed.upto)]

    def _look(self) -> None:
        while not self._closing.is_set():
            try:
                if self._newest_id() > self._newest:
                    tick = self._load(self._newest)
                    self._ticks = (*self._ticks, tick)[-KEPT_TICKS:]
                    self._newest = tick.upto
                    self._wake()
            except Exception:
                log.warning("cannot read events; trying again", exc_info=True)
                self._closing.wait(IDLE_SECONDS)
            if self._listeners:
                self._closing.wait(LOOK_SECONDS)
            else:
                self._listening.clear()
                self._listening.wait(IDLE_SECONDS)

    def _wake(self) -> None:
        def swap() -> None:
            self._changed.set()
            self._changed = asyncio.Event()

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(swap)

    def _newest_id(self) -> int:
        with self._database.read() as session:
            return events.newest_id(session)

    def _load(self, position: int) -> Tick:
        with self._database.read() as session:
            found = events.after(session, position, MAX_MISSED)
            upto = found[-1].id if found else position
            if len(found) == MAX_MISSED:
                upto = events.newest_id(session)
                return Tick(position, upto, (Message("reset", "{}"),))
            return Tick(position, upto, tuple(_messages(session, found)))


def _sent(tick: Tick, run_ids: list[str] | None) -> Iterator[ServerSentEvent]:
    """A tick on the wire; with `run_ids`, metrics and videos of other runs are left out."""
    chosen = [
        m for m in tick.messages
        if not run_ids or m.event not in ("metrics", "video") or m.run_id in run_ids
    ]  # fmt: skip
    for index, message in enumerate(chosen):
        last = index == len(chosen) - 1
        yield ServerSentEvent(
            event=message.event, raw_data=message.data, id=str(tick.upto) if last else None
        )


def _messages(session: Session, found: list[Event]) -> Iterator[Message]:
    """What a page needs to know of these events, each run told once."""
    runs = [e.run_id for e in found if e.run_id is not None]
    known = {r.id: r for r in (session.get(Run, i) for i in dict.fromkeys(runs)) if r is not None}
    for run_id in known:
        own = [e for e in found if e.run_id == run_id]
        yield from _metrics(session, run_id, [e.data for e in own if e.kind == "metrics"])
        for event in own:
            if event.kind == "video":
                yield _message("video", _video(event), run_id)
    for view in views.many(session, list(known.values())):
        yield _message("run", view, view.id)
    for alert_id in dict.fromkeys(e.data["alert"] for e in found if e.kind == "alert"):
        alert = session.get(Alert, alert_id)
        if alert is not None:
            yield _message("alert", alerts.view(session, alert))
    kinds = {e.kind for e in found}
    if kinds & {"state", "queue"}:
        order = [r.id for r in queue.order(session)]
        yield _message("queue", schemas.QueueEvent(run_ids=order))
    if kinds & {"state", "workers"}:
        yield _message("workers", workers.listing(session))


def _metrics(session: Session, run_id: str, found: list[dict[str, Any]]) -> Iterator[Message]:
    if not found:
        return
    after = min(d.get("after", d["iteration"] - 1) for d in found)
    upto = max(d["iteration"] for d in found)
    columns = metrics.load(session, run_id, after, upto)
    back = any("after" in d for d in found)
    body = schemas.MetricsEvent(run_id=run_id, after=after, back=back, columns=columns)
    yield _message("metrics", body, run_id)


def _video(event: Event) -> schemas.VideoEvent:
    iteration = event.data.get("iteration")
    problem = event.data.get("problem")
    name = f"{iteration:06d}.mp4" if iteration is not None and problem is None else None
    return schemas.VideoEvent(
        run_id=event.run_id or "", name=name, iteration=iteration, problem=problem
    )


def _message(name: str, body: BaseModel, run_id: str | None = None) -> Message:
    return Message(name, body.model_dump_json(by_alias=True), run_id)
