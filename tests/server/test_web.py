"""Around the API: who may ask, files in ranges, the page, health, and the committed description."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from server.db import Database
from server.errors import Unavailable
from server.models import Run, Video, Worker
from server.operations import doctor
from server.services.files import run_log
from server.services.ledger import lifecycle
from server.services.scheduling import workers
from server.settings import Settings, is_loopback
from server.web import auth, built_page, openapi
from server.web.app import create_app
from server.web.serve import serve
from tests.server.service import Service

COMMITTED = Path(__file__).parents[2] / "frontend" / "openapi.json"


def test_the_committed_description_is_that_of_the_api():
    assert json.loads(COMMITTED.read_text()) == openapi.document(), (
        "run `python -m server.web.openapi > frontend/openapi.json`"
    )


def test_operation_ids_are_unique_and_names_of_functions():
    paths = openapi.document()["paths"].values()
    ids = [operation["operationId"] for path in paths for operation in path.values()]
    assert len(ids) == len(set(ids))
    assert all(i.isidentifier() for i in ids)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.9.9.9", True),
     ("0.0.0.0", False), ("192.168.1.4", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_loopback_is_only_this_machine(host: str, expected: bool):
    assert is_loopback(host) is expected


def test_a_public_server_without_any_token_refuses_to_start(settings: Settings):
    settings.host = "0.0.0.0"
    with pytest.raises(Unavailable, match="costline token"):
        serve(settings)


def test_behind_a_proxy_a_token_can_be_wanted_on_loopback_too(settings: Settings):
    settings.require_token = True
    with pytest.raises(Unavailable, match="costline token"):
        serve(settings)


@pytest.fixture
def public(settings: Settings, database: Database) -> TestClient:
    """A caller from elsewhere."""
    settings.host = "0.0.0.0"
    return TestClient(create_app(settings, database), base_url="http://there.example")


def test_elsewhere_a_token_is_needed_for_everything_but_health(
    public: TestClient, database: Database
):
    with database.write() as session:
        token = auth.create(session, "ann")
    assert public.get("/api/runs").status_code == 401
    assert public.get("/api/events").status_code == 401
    assert public.get("/api/health").status_code == 200
    bearer = {"Authorization": f"Bearer {token}"}
    assert public.get("/api/runs", headers=bearer).status_code == 200
    assert public.get("/api/runs", headers={"Authorization": "Bearer x"}).status_code == 401
    body = {"task": "point-circle", "algorithm": "cpo"}
    assert public.post("/api/runs", json=body, headers=bearer).json()["owner"] == "ann"


def test_a_browser_signs_in_with_a_token_and_out_again(public: TestClient, database: Database):
    with database.write() as session:
        token = auth.create(session, "ann")
    assert public.get("/api/session").json() == {"owner": None, "required": True}
    assert public.post("/api/session", json={"token": "wrong"}).status_code == 401
    assert public.post("/api/session", json={"token": token}).json()["owner"] == "ann"
    assert public.get("/api/runs").status_code == 200
    public.delete("/api/session")
    assert public.get("/api/runs").status_code == 401


def test_on_this_machine_nobody_needs_a_token(client: TestClient):
    assert client.get("/api/session").json() == {"owner": "local", "required": False}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://127.0.0.1"}, 201),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost:9999"}, 201),
        ({"Host": ""}, 403),
    ],
)
def test_another_page_in_the_same_browser_can_change_nothing(
    client: TestClient, headers: dict[str, str], status: int
):
    body = {"task": "point-circle", "algorithm": "cpo"}
    assert client.post("/api/runs", json=body, headers=headers).status_code == status


@pytest.fixture
def video(service: Service) -> str:
    """Address of a video of ten bytes."""
    run_id = service.run()
    file = service.settings.runs_path / run_id / "videos" / "000005.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"0123456789")
    file.with_suffix(".json").write_text('{"fps": 30}')
    with service.database.write() as session:
        session.add(
            Video(
                run_id=run_id, iteration=5, state="ready", checkpoint="", created_at=0.0,
                path=str(file.relative_to(service.settings.data_path)), return_=3.0,
                costs={"outside": 2.0}, fps=30.0, frames=60, size=10,
            )
        )  # fmt: skip
    return f"/api/runs/{run_id}/videos"


def test_a_video_plays_from_anywhere(client: TestClient, video: str):
    listed = client.get(video).json()
    assert listed["problem"] is None
    assert listed["videos"][0]["return"] == 3.0
    url = listed["videos"][0]["url"]
    assert client.get(url).content == b"0123456789"
    assert client.get(url).headers["accept-ranges"] == "bytes"
    part = client.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    assert client.get(url, headers={"Range": "bytes=-3"}).content == b"789"
    assert client.get(url, headers={"Range": "bytes=20-"}).status_code == 416
    assert client.get(listed["videos"][0]["record_url"]).json() == {"fps": 30}


@pytest.mark.parametrize("name", ["000006.mp4", "x.mp4", "..%2flog.txt", "000005.exe", "5.mp4.mp4"])
def test_an_unknown_video_is_not_found(client: TestClient, video: str, name: str):
    assert client.get(f"{video}/{name}").status_code == 404


def test_policies_before_the_first_checkpoint_say_when_it_comes(
    client: TestClient, service: Service
):
    run_id = service.run(config={"checkpoint_every": 7})
    assert client.get(f"/api/runs/{run_id}/policies").json()["policies"] == []
    answer = client.get(f"/api/runs/{run_id}/policies/onnx")
    assert answer.status_code == 404
    assert "iteration 7" in answer.json()["detail"]
    assert client.get(f"/api/runs/{run_id}/policies/pickle").status_code == 422


def test_the_end_of_a_long_log(client: TestClient, service: Service):
    run_id = service.run()
    assert client.get(f"/api/runs/{run_id}/log").json() == {"lines": [], "truncated": False}
    file = service.settings.runs_path / run_id / "log.txt"
    file.parent.mkdir(parents=True)
    file.write_text("".join(f"line {i} ä\n" for i in range(50_000)))
    body = client.get(f"/api/runs/{run_id}/log?tail=3").json()
    assert body == {"lines": ["line 49997 ä", "line 49998 ä", "line 49999 ä"], "truncated": True}


def test_of_a_log_without_line_ends_only_the_end_is_read(client: TestClient, service: Service):
    run_id = service.run()
    file = service.settings.runs_path / run_id / "log.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 3 * run_log.LONGEST + b"the end")
    body = client.get(f"/api/runs/{run_id}/log?tail=3").json()
    assert body["truncated"]
    assert body["lines"][-1].endswith("the end")
    assert sum(map(len, body["lines"])) == run_log.LONGEST


def test_health_names_what_is_missing(client: TestClient, service: Service):
    body = client.get("/api/health").json()
    assert (body["status"], body["workers"]) == ("degraded", 0)
    assert "costline worker" in body["rendering"]["message"]
    worker = Worker(
        id="w", host="h", pid=1, state="running", executor="local", slots=2, gpus=0, version="1",
        rendering="egl",
    )  # fmt: skip
    with service.database.write() as session:
        workers.register(session, worker)
    body = client.get("/api/health").json()
    assert (body["status"], body["workers"], body["rendering"]["backend"]) == ("ok", 1, "egl")


def test_workers_with_what_they_run(client: TestClient, service: Service):
    worker = Worker(
        id="w1", host="h", pid=1, state="running", executor="local", slots=2, gpus=0, version="1"
    )
    with service.database.write() as session:
        workers.register(session, worker)
    claim = service.held()
    (seen,) = client.get("/api/workers").json()["workers"]
    assert (seen["id"], seen["state"], seen["running"]) == ("w1", "running", [claim.run_id])


def test_numbers_for_prometheus(client: TestClient, service: Service):
    service.run()
    text = client.get("/api/metrics/prometheus").text
    assert 'costline_runs{state="queued"} 1.0' in text
    assert "costline_workers 0.0" in text


def test_numbers_for_prometheus_leave_deleted_runs_out(client: TestClient, service: Service):
    claim = service.held()
    with service.database.write() as session:
        session.execute(update(Run).values(iteration=7))
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
    text = client.get("/api/metrics/prometheus").text
    assert "costline_iterations 7.0" in text
    assert "costline_attempts 1.0" in text
    client.delete(f"/api/runs/{claim.run_id}")
    text = client.get("/api/metrics/prometheus").text
    assert "costline_iterations 0.0" in text
    assert 'costline_runs{state="succeeded"} 0.0' in text


def test_numbers_for_prometheus_need_a_token_where_one_is_needed(public: TestClient):
    assert public.get("/api/metrics/prometheus").status_code == 401


def test_health_says_that_the_database_is_away(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="postgresql://127.0.0.1:1/none")
    database = Database(settings.url)
    client = TestClient(create_app(settings, database), base_url="http://127.0.0.1")
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["database"] == "unreachable"
    assert client.get("/api/runs").status_code == 503
    database.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "nosuchdriver://somewhere/here", "postgresql://127.0.0.1:1/none"]
)
def test_the_doctor_tells_of_a_wrong_database_instead_of_falling_ill(tmp_path: Path, url: str):
    found = doctor._database(Settings(data_dir=tmp_path, database_url=url))
    assert (found.good, found.remedy) == (False, "Set COSTLINE_DATABASE_URL.")


def test_the_doctor_waits_only_so_long_for_opengl(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "PROBE", "import threading; threading.Event().wait()")
    monkeypatch.setattr(doctor, "PROBE_SECONDS", 0.01)
    found = doctor._rendering()
    assert (found.good, found.needed) == (False, False)
    assert "no answer" in found.detail


def test_a_run_that_fits_no_worker_says_so(client: TestClient, service: Service):
    big = service.run(resources={"slots": 8, "gpus": 1})
    small = service.run()
    assert client.get(f"/api/runs/{big}").json()["reason"] == ""
    worker = Worker(
        id="w", host="h", pid=1, state="running", executor="local", slots=4, gpus=1, version="1"
    )
    with service.database.write() as session:
        workers.register(session, worker)
    assert client.get(f"/api/runs/{big}").json()["reason"] == (
        "It waits for a worker with 8 slots and 1 GPUs; none of those that run is so large."
    )
    assert client.get(f"/api/runs/{small}").json()["reason"] == ""


def test_every_address_of_the_page_gives_the_page(tmp_path: Path):
    from fastapi import FastAPI

    from server.web import error_answers

    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<head></head><p>page")
    (tmp_path / "assets" / "app-1a2b.js").write_text("js")
    app = FastAPI()
    error_answers.install(app)
    built_page.install(app, lambda: 7, tmp_path)
    client = TestClient(app)
    for path in ("/", "/runs/abc", "/studies", "/..%2f..%2fetc/passwd", "/" + "x" * 300, "/%00"):
        assert client.get(path).text.endswith("<p>page")
        assert client.get(path).headers["cache-control"] == "no-cache"
    newest = '<head><meta name="costline-newest-event" content="7"></head>'
    assert client.get("/").text.startswith(newest)
    assert "immutable" in client.get("/assets/app-1a2b.js").headers["cache-control"]
    (tmp_path / "assets" / "app-1a2b.js").write_text("js, built anew")
    assert client.get("/assets/app-1a2b.js").text == "js, built anew"
    assert client.get("/assets/gone.js").status_code == 404
    assert client.get("/api/gone").status_code == 404


def test_without_a_built_page_one_is_told_how_to_build_it(tmp_path: Path):
    from fastapi import FastAPI

    app = FastAPI()
    built_page.install(app, lambda: 7, tmp_path)
    answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert "python scripts/page.py build" in answer.text


def test_answers_over_the_network_are_compressed(public: TestClient, database: Database):
    with database.write() as session:
        token = auth.create(session, "ann")
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    assert public.get("/api/catalog", headers=headers).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in public.get("/api/health", headers=headers).headers


def test_answers_on_this_machine_are_not_compressed(client: TestClient):
    headers = {"Accept-Encoding": "gzip"}
    assert "content-encoding" not in client.get("/api/catalog", headers=headers).headers
