"""The command line as people use it: up, Ctrl-C, demo, doctor, backup and restore."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from tests.acceptance.service import Service, stream, wait_until

pytestmark = pytest.mark.acceptance
Make = Callable[..., Service]


def costline(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments], env=service.environment, text=True,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip


def test_ctrl_c_ends_everything_and_the_run_goes_on_next_time(make_service: Make):
    service = make_service()
    launcher = service.start("up")
    wait_until(lambda: service.ready(launcher), "the server to answer")
    run_id = service.create(config={"iterations": 8})
    iteration = service.wait_for_iteration(run_id, 2)["iteration"]
    family = psutil.Process(launcher.pid).children(recursive=True)
    assert len(family) >= 3  # server, worker, attempt
    assert launcher.end(signal.SIGINT) == 0
    assert [p for p in family if p.is_running() and p.status() != "zombie"] == []
    launcher = service.start("up")
    wait_until(lambda: service.ready(launcher), "the server to answer")
    done = service.wait_for(run_id, "succeeded", "failed")
    assert (done["state"], done["attempt"]) == ("succeeded", 1)
    assert service.columns(run_id)["iteration"] == list(range(1, 9))
    assert iteration < 8


def test_children_end_with_a_killed_launcher(make_service: Make):
    service = make_service()
    launcher = service.start("up")
    wait_until(lambda: service.ready(launcher), "the server to answer")
    run_id = service.create()
    service.wait_for_iteration(run_id, 1)
    family = psutil.Process(launcher.pid).children(recursive=True)
    assert [p for p in service.attempts(run_id) if p in family], "no attempt to look at"
    launcher.end(signal.SIGKILL)
    gone = lambda: not [p for p in family if p.is_running() and p.status() != "zombie"]  # noqa: E731
    wait_until(gone, "the children to end")


def test_a_worker_that_is_asked_to_end_saves_its_runs_and_gives_them_back(service: Service):
    run_id = service.create()
    service.wait_for_iteration(run_id, 3)
    attempts = service.attempts(run_id)
    (worker,) = (p for p in service.processes if p.name == "worker")
    assert worker.end(signal.SIGTERM, seconds=120.0) == 0
    run = service.run(run_id)
    assert (run["state"], run["attempt"], run["reason"]) == (
        "queued", 1, "Its worker was shut down.",
    )  # fmt: skip
    assert [p for p in attempts if p.is_running() and p.status() != "zombie"] == []
    newest = max((service.folder / "runs" / run_id).glob("*/checkpoints/*.ckpt"))
    assert newest.stem == f"{run['iteration']:06d}", "the last iteration was not saved"


def test_up_starts_again_what_dies(make_service: Make):
    service = make_service()
    launcher = service.start("up")
    wait_until(lambda: service.ready(launcher), "the server to answer")
    (web,) = (p for p in psutil.Process(launcher.pid).children() if "serve" in p.cmdline())
    web.kill()
    wait_until(lambda: not web.is_running() or web.status() == "zombie", "it to die")
    wait_until(lambda: service.ready(launcher), "a new server to answer")


def test_a_taken_port_is_said_at_once(make_service: Make):
    service = make_service()
    service.web()
    done = costline(service, "up")
    assert done.returncode == 2
    assert f"port {service.port} is taken" in done.stderr


def test_a_public_address_without_tokens_is_refused(make_service: Make):
    done = costline(make_service(), "serve", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "costline token" in done.stderr


def test_open_streams_do_not_hold_up_the_end(make_service: Make):
    service = make_service()
    web = service.web()
    opened = []
    for _ in range(5):
        messages = stream(service)
        threading.Thread(target=lambda m=messages: opened.extend(m), daemon=True).start()
    wait_until(lambda: len(opened) >= 5, "the streams to open")
    start = time.monotonic()
    web.end(signal.SIGTERM)
    assert time.monotonic() - start < 3.0


def test_a_backup_restores_runs_metrics_and_files(make_service: Make, service: Service):
    run_id = service.create(config={"iterations": 4})
    service.wait_for(run_id, "succeeded")
    archive = service.folder.parent / "backup.tar.gz"
    assert costline(service, "backup", str(archive)).returncode == 0
    other = make_service()
    assert costline(other, "restore", str(archive)).returncode == 0
    other.web()
    assert other.run(run_id)["state"] == "succeeded"
    assert other.columns(run_id) == service.columns(run_id)
    status, content, _ = other.download(f"/api/runs/{run_id}/policies/safetensors")
    assert (status, len(content) > 1000) == (200, True)
    again = costline(other, "restore", str(archive))
    assert again.returncode == 2
    assert "already has runs" in again.stderr


def test_doctor_names_what_is_missing_and_its_remedy(make_service: Make):
    service = make_service()
    before = costline(service, "doctor")
    assert before.returncode == 1
    assert "costline migrate" in before.stdout
    assert costline(service, "migrate").returncode == 0
    after = costline(service, "doctor")
    assert after.returncode == 0, after.stdout
    assert costline(service, "workers").stdout.startswith("No worker")


def test_demo_shows_progress_and_the_address(make_service: Make):
    service = make_service()
    demo = service.start("demo")
    wait_until(lambda: "/runs/" in demo.log.read_text(), "the address of the run")
    (run,) = service.call("GET", "/api/runs")["runs"]
    assert f"{service.url}/runs/{run['id']}" in demo.log.read_text()
    service.wait_for_iteration(run["id"], 1)
    wait_until(lambda: bool(re.search(r"iteration [1-9]\d* of", demo.log.read_text())), "progress")
    assert demo.end(signal.SIGINT) == 0
    assert "Traceback" not in demo.log.read_text()


def test_a_token_opens_a_public_server(make_service: Make):
    service = make_service(host="0.0.0.0", token="secret-token")
    web = service.start("serve")
    wait_until(lambda: service.ready(web), "the server to answer")
    status, body, _ = service.download(
        "/api/runs", headers={"Authorization": "Bearer secret-token"}
    )
    assert (status, json.loads(body)["total"]) == (200, 0)
    assert os.environ.get("COSTLINE_TOKEN") is None
