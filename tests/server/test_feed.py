"""The event stream: everything in order, nothing lost across a broken connection."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from server.db import Database
from server.services.ledger import events, lifecycle
from server.web import auth
from server.web.app import create_app
from tests.server.reports import report
from tests.server.service import Service
from tests.server.test_recorder import recorder


def follow(
    client: TestClient, until: str, last_event_id: str | None = None, query: str = ""
) -> list[dict[str, Any]]:
    """Messages of a fresh stream up to the first one called `until`, with ids filled in."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id is not None else {}
    found = []
    with client.stream("GET", f"/api/events{query}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for message in parse(answer.iter_lines()):
            found.append(message)
            if message["event"] == until:
                return found
    return found


def parse(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    message: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if not line and "event" in message:
            yield message
            message = {}
        elif name == "data":
            message["data"] = json.loads(value)
        elif name in ("event", "id"):
            message[name] = value


@pytest.fixture
def short(settings):
    """Streams end by themselves soon, so that a test cannot hang."""
    settings.stream_seconds = 3.0
    return settings


def test_a_stream_tells_what_happened_since_the_last_event_id(
    short, client: TestClient, service: Service
):
    run_id = service.run()
    found = follow(client, "workers", last_event_id="0")
    assert [m["event"] for m in found] == ["hello", "run", "queue", "workers"]
    assert found[0]["data"] == {"resumed": True}
    assert found[1]["data"]["id"] == run_id
    assert found[2]["data"] == {"run_ids": [run_id]}
    with service.database.read() as session:
        newest = events.newest_id(session)
    assert found[-1]["id"] == str(newest)
    assert [m["event"] for m in follow(client, "", last_event_id=str(newest))] == ["hello"]


def test_new_iterations_come_as_columns(short, client: TestClient, service: Service):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i))
    found = follow(client, "workers", last_event_id="0")
    got = next(m["data"] for m in found if m["event"] == "metrics")
    assert (got["run_id"], got["after"]) == (claim.run_id, 0)
    assert got["columns"]["iteration"] == [1, 2]
    assert got["columns"]["cost_outside"] == [4.0, 4.0]
    run = next(m["data"] for m in found if m["event"] == "run")
    assert run["latest"]["return"] == 2.0


def test_a_run_that_goes_back_to_its_checkpoint_says_after_which_iteration(
    short, client: TestClient, service: Service
):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2, 3):
        record(report(i))
    with service.database.read() as session:
        position = events.newest_id(session)
    recorder(service, claim)(report(1))
    found = follow(client, "run", last_event_id=str(position))
    got = next(m["data"] for m in found if m["event"] == "metrics")
    assert (got["after"], got["columns"]["iteration"]) == (0, [1])
    assert got["back"]


def test_a_run_that_goes_on_says_that_its_rows_stand(short, client: TestClient, service: Service):
    record = recorder(service, service.held())
    position = follow(client, "workers", last_event_id="0")[-1]["id"]
    record(report(1))
    found = follow(client, "run", last_event_id=position)
    assert next(m["data"] for m in found if m["event"] == "metrics")["back"] is False


def test_only_the_last_message_of_a_tick_has_an_id(short, client: TestClient, service: Service):
    service.run()
    found = follow(client, "workers", last_event_id="0")
    assert [("id" in m) for m in found] == [True, False, False, True]


def test_metrics_of_other_runs_can_be_left_out(short, client: TestClient, service: Service):
    claim = service.held()
    recorder(service, claim)(report(1))
    found = follow(client, "workers", last_event_id="0", query="?run=other")
    assert "metrics" not in [m["event"] for m in found]
    assert "run" in [m["event"] for m in found]


def test_too_many_missed_events_ask_for_a_reload(
    short, client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("server.services.notify.event_stream.MAX_MISSED", 3)
    for _ in range(5):
        service.run()
    assert [m["event"] for m in follow(client, "reset", last_event_id="0")][-1] == "reset"


@pytest.mark.parametrize("given", ["", "x", "-1", "99999999", "1e9"])
def test_a_strange_last_event_id_means_from_now(
    short, client: TestClient, service: Service, given: str
):
    service.run()
    hello = follow(client, "hello", last_event_id=given)[0]
    assert (hello["event"], hello["data"]) == ("hello", {"resumed": False})


def test_events_written_at_once_become_visible_in_the_order_of_their_ids(service: Service):
    """A reader that follows by id would lose an event that appears behind one it has seen."""
    ids = [service.run() for _ in range(6)]
    stop = threading.Event()
    seen: list[int] = []
    errors: list[BaseException] = []

    def write(run_id: str) -> None:
        try:
            for _ in range(10):
                with service.database.write() as session:
                    lifecycle.pause(session, run_id)
                with service.database.write() as session:
                    lifecycle.resume(session, run_id)
        except BaseException as error:
            errors.append(error)

    def read() -> None:
        last = 0
        while True:
            done = stop.is_set()
            with service.database.read() as session:
                for event in events.after(session, last, 1000):
                    seen.append(event.id)
                    last = event.id
            if done:
                return

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(i,)) for i in ids]
    for thread in [reader, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert errors == []
    with service.database.read() as session:
        assert seen == [e.id for e in events.after(session, 0, 1000)]


def test_an_open_stream_holds_no_connection(service: Service, database: Database):
    service.settings.host = "0.0.0.0"
    with database.write() as session:
        token = auth.create(session, "ann")
    app = create_app(service.settings, database)
    with serving(app) as url:
        request = Request(f"{url}/api/events", headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=10) as answer:
            assert answer.readline() == b"event: hello\n"
            held: list[int] = []
            for _ in range(20):  # the feed's own look takes one for a moment
                held.append(database.engine.pool.checkedout())  # type: ignore[attr-defined]
                threading.Event().wait(0.01)
            app.state.feed.close()
    assert min(held) == 0


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """A real server in this process: the test client reads answers only when they are over."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
