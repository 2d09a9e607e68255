"""A whole service of real processes: web server and workers, as people run them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 180.0
REAL_TIME = "point-circle-real-time"
"""For runs that train while pages are looked at: see tests/real_time."""
INSTALLED = Path(__file__).parents[1] / "real_time"


class Process:
    """One `costline` process with its log."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path):
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "server.cli", *arguments], env=environment, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.popen.pid

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int:
        """Send a signal and wait; the exit status."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(seconds)


class Service:
    """Processes over one data directory; `call` speaks to the API."""

    def __init__(self, folder: Path, database_url: str = "", **settings: Any) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        base = {k: v for k, v in os.environ.items() if not k.startswith("COSTLINE_")}
        base |= {"COSTLINE_DATA_DIR": str(folder), "COSTLINE_PORT": str(self.port)}
        base["PYTHONPATH"] = os.pathsep.join(filter(None, (str(INSTALLED), base.get("PYTHONPATH"))))
        base |= {"COSTLINE_POLL_SECONDS": "0.2", "COSTLINE_VIDEOS": "false"}
        # Tests wait for videos while everything else wants the processors too.
        base["COSTLINE_BACKGROUND_NICE"] = "0"
        if database_url:
            base["COSTLINE_DATABASE_URL"] = database_url
        self.environment = base | {f"COSTLINE_{k.upper()}": str(v) for k, v in settings.items()}
        self.processes: list[Process] = []

    def start(self, *arguments: str) -> Process:
        """Start `costline ARGUMENTS`."""
        log = self.folder.parent / f"{self.folder.name}-{len(self.processes)}-{arguments[0]}.log"
        process = Process(arguments[0], list(arguments), self.environment, log)
        self.processes.append(process)
        return process

    def web(self) -> Process:
        """Start a web server and wait until it answers."""
        process = self.start("serve")
        wait_until(lambda: self.ready(process), "the server to answer")
        return process

    def worker(self) -> Process:
        """Start a worker."""
        return self.start("worker")

    def ready(self, process: Process) -> bool:
        """Whether the server answers; fails with its log when it has ended."""
        assert process.popen.poll() is None, process.log.read_text()
        with contextlib.suppress(OSError):
            return self.call("GET", "/api/health")["status"] in ("ok", "degraded")
        return False

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """JSON in, JSON out; an HTTP error is raised."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def download(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, Any]:
        """Status, body and headers."""
        request = urllib.request.Request(self.url + path, headers=headers or {})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read(), answer.headers

    def create(self, **fields: Any) -> str:
        """Id of a new small run of Point-Circle."""
        config = {"iterations": 400, "batch_size": 1000, "checkpoint_every": 2, "threads": 1}
        config |= fields.pop("config", {})
        body = {"task": "point-circle", "algorithm": "cpo", "config": config} | fields
        return self.call("POST", "/api/runs", body)["id"]

    def run(self, run_id: str) -> Any:
        """The run now."""
        return self.call("GET", f"/api/runs/{run_id}")

    def wait_for(self, run_id: str, *states: str) -> Any:
        """The run once it is in one of these states."""
        return self.wait(run_id, lambda run: run["state"] in states, f"state {states}")

    def wait_for_iteration(self, run_id: str, iteration: int) -> Any:
        """The run once it has recorded this iteration."""
        return self.wait(run_id, lambda r: r["iteration"] >= iteration, f"iteration {iteration}")

    def wait(self, run_id: str, good: Callable[[Any], bool], what: str) -> Any:
        """The run once it is good; fails with its state, reason and log."""
        found: list[Any] = []

        def look() -> bool:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                found[:] = [self.run(run_id)]
                return good(found[0])
            return False

        try:
            wait_until(look, what, pause=0.1)
        except AssertionError as error:
            log = self.folder / "runs" / run_id / "log.txt"
            tail = log.read_text()[-3000:] if log.exists() else "no log"
            state = (found[0]["state"], found[0]["reason"], found[0]["iteration"]) if found else ()
            raise AssertionError(f"{error}: {state}\n{tail}") from None
        return found[0]

    def columns(self, run_id: str) -> dict[str, list[Any]]:
        """All metric columns."""
        return self.call("GET", f"/api/runs/{run_id}/metrics")["columns"]

    def attempts(self, run_id: str) -> list[psutil.Process]:
        """Processes that train this run."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if "server.worker.attempt" in line and run_id in line:
                found.append(process)
        return found

    def close(self) -> None:
        """End everything that is left."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.popen.send_signal(signal.SIGCONT)
                process.popen.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.popen.wait(20)
                continue
            process.popen.kill()
            process.popen.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(
    good: Callable[[], bool], what: str, seconds: float = PATIENCE, pause: float = 0.03
) -> float:
    """Look until it is so; the seconds it took."""
    start = time.monotonic()
    while not good():
        assert time.monotonic() - start < seconds, f"waited {seconds} s for {what}"
        time.sleep(pause)
    return time.monotonic() - start


def stream(service: Service) -> Iterator[tuple[str, Any]]:
    """Messages of the event stream as (name, data)."""
    name = ""
    with urllib.request.urlopen(f"{service.url}/api/events", timeout=PATIENCE) as answer:
        for raw in answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
