"""Requests that no program of good will sends: each gets an answer that says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from server.db import Database
from server.settings import Settings
from server.web import auth
from server.web.app import create_app
from tests.server.service import Service

HUGE, WIDE = 10**30, 2**31
"""Beyond 64 bits, and beyond the 32 of PostgreSQL's integers."""


@pytest.mark.parametrize("number", [HUGE, WIDE])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("runs/{run}/updates/{number}", "iteration"),
        ("runs/{run}/replays/{number}", "iteration"),
        ("runs/{run}/metrics?after={number}", "after"),
        ("runs?offset={number}", "offset"),
    ],
)
def test_a_number_that_no_column_holds_is_refused_by_name(
    client: TestClient, service: Service, path: str, field: str, number: int
):
    answer = client.get("/api/" + path.format(run=service.run(), number=number))
    assert answer.status_code == 422, answer.text
    assert [e["field"] for e in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("alerts/seen", {"upto": HUGE}, "upto"),
        ("alert-rules", {"kind": "done", "webhook": "http://h/\0"}, "webhook"),
        ("alert-rules", {"kind": "done", "run_id": "a\0"}, "run_id"),
        ("studies", {"preset": "why-constraints", "name": "a\0"}, "name"),
        ("session", {"token": "ключ"}, "token"),
        ("runs", {"task": "point-circle", "algorithm": "cpo", "tags": ["a\0"]}, "tags"),
        ("runs", {"task": "point-circle", "algorithm": "cpo", "name": "\ud800"}, "name"),
    ],
)
def test_a_value_that_no_column_holds_is_refused_by_name(
    client: TestClient, path: str, body: dict[str, Any], field: str
):
    # The test client cannot send half a surrogate pair but as an escape.
    sent = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
    answer = client.post(f"/api/{path}", **sent)
    assert answer.status_code == 422, answer.text
    assert [e["field"] for e in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "path",
    ["runs?task=a%00", "runs?search=%00", "runs?study=%00", "runs?tag=%00",
     "compare?group=%00&tag=%00", "runs/a%00", "studies/a%00"],
)  # fmt: skip
def test_a_zero_byte_in_an_address_is_refused(client: TestClient, path: str):
    answer = client.get(f"/api/{path}")
    assert answer.status_code == (422 if "?" in path else 404), answer.text
    assert "zero byte" in answer.json()["detail"]


@pytest.mark.parametrize("headers", [{"Host": "["}, {"Origin": "http://["}])
def test_a_broken_host_or_origin_is_refused(client: TestClient, headers: dict[str, str]):
    body = {"task": "point-circle", "algorithm": "cpo"}
    assert client.post("/api/runs", json=body, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/api/health", {}), ("/api/gone", {}), ("/", {}), ("/api/runs", {"Host": "evil.example"})],
)
def test_no_answer_may_be_shown_in_a_frame_or_taken_for_another_type(
    client: TestClient, path: str, headers: dict[str, str]
):
    found = client.get(path, headers=headers).headers
    assert (found["x-frame-options"], found["x-content-type-options"]) == ("DENY", "nosniff")


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_a_cookie_that_came_by_https_never_travels_without(
    settings: Settings, database: Database, scheme: str, secure: bool
):
    settings.host = "0.0.0.0"
    with database.write() as session:
        token = auth.create(session, "ann")
    client = TestClient(create_app(settings, database), base_url=f"{scheme}://there.example")
    answer = client.post("/api/session", json={"token": token})
    assert ("secure" in answer.headers["set-cookie"].lower()) == secure


def test_a_server_may_be_asked_by_its_own_address_whatever_names_it_has(
    settings: Settings, database: Database
):
    settings.host, settings.allowed_hosts = "192.168.7.7", ["costline.example"]
    app = create_app(settings, database)
    for host, status in (("192.168.7.7", 200), ("costline.example", 200), ("evil.example", 403)):
        client = TestClient(app, base_url=f"http://{host}")
        assert client.get("/api/health").status_code == status
