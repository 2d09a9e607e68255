"""`costline up`: the web server and its workers as children of one small process.

The launcher restarts what dies, and ends everything in order on Ctrl-C or SIGTERM: workers save
checkpoints and give their runs back. The children live in sessions of their own, so Ctrl-C reaches
only the launcher; they end with it, should it be killed.
"""

# ruff: noqa: T201 - a command line speaks by printing
from __future__ import annotations

import contextlib
import errno
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cpo_core.machine import parent_death
from cpo_core.machine.processors import THREADS, available_threads
from server.errors import Unavailable
from server.settings import Settings

LOOK_SECONDS = 0.1
READY_SECONDS = 60.0
MAX_PAUSE = 30.0
STEADY_SECONDS = 30.0


@dataclass
class Child:
    """One process that is to be kept alive."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 1.0
    restart_at: float = field(default=0.0)


class Launcher:
    """See the module. `when_ready` is called in a thread once the server answers."""

    def __init__(
        self, settings: Settings, workers: int, when_ready: Callable[[str], None] | None = None,
        *, reload: bool = False,
    ) -> None:  # fmt: skip
        self._settings = settings = with_port(settings)
        base = [sys.executable, "-m", "server.cli"]
        self.web = Child("web server", [*base, "serve"])
        self.children = [self.web]
        self.children += [Child(f"worker {i + 1}", [*base, "worker"]) for i in range(workers)]
        self._when_ready = when_ready
        self._stopping = threading.Event()
        self._code = newest_change() if reload else None
        quiet = (
            {} if "log_level" in settings.model_fields_set else {"COSTLINE_LOG_LEVEL": "warning"}
        )
        share = {THREADS: str(max(1, available_threads() // max(1, workers)))}
        self._environment = settings.environment() | parent_death.mark() | share | quiet

    def run(self) -> int:
        """Keep everything running until asked to end; the exit status."""
        problem = why_not_listen(self._settings)
        if problem is not None:
            print(f"costline: {problem}", file=sys.stderr)
            return 2
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopping.set())
        for child in self.children:
            self._start(child)
        threading.Thread(target=self._announce, daemon=True).start()
        code = self._watch()
        self._end_all()
        return code

    def _watch(self) -> int:
        ready_by = time.monotonic() + READY_SECONDS
        while not self._stopping.wait(LOOK_SECONDS):
            self._reload()
            for child in self.children:
                code = child.process.poll() if child.process else None
                if code is None:
                    continue
                if child is self.web and code in (1, 2, 3) and time.monotonic() < ready_by:
                    return code  # it said itself what is wrong with its settings
                self._restart(child, code)
        return 0

    def _reload(self) -> None:
        """End the web server when code has changed; it is started again like after a crash."""
        if self._code is None or (found := newest_change()) == self._code:
            return
        self._code = found
        if self.web.process is not None:
            self.web.process.terminate()
            self.web.process.wait()
            self._start(self.web)

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(
            child.command, stdin=subprocess.DEVNULL, start_new_session=True,
            env=self._environment,
        )  # fmt: skip

    def _restart(self, child: Child, code: int) -> None:
        time_now = time.monotonic()
        if child.restart_at == 0.0:
            steady = time_now - child.started > STEADY_SECONDS
            child.pause = 1.0 if steady else min(MAX_PAUSE, child.pause * 2)
            child.restart_at = time_now + child.pause
            print(f"costline: the {child.name} ended ({code}); starting it again.", file=sys.stderr)
        elif time_now >= child.restart_at:
            child.restart_at = 0.0
            self._start(child)

    def _announce(self) -> None:
        url = address(self._settings)
        if not wait_until_ready(url, READY_SECONDS, self._stopping):
            if not self._stopping.is_set():
                print(f"costline: no answer from {url} within {READY_SECONDS:g} s; what the web "
                      "server says stands above.", file=sys.stderr)  # fmt: skip
            return
        print(f"\n  Costline is at {url}   (Ctrl-C ends it)\n", flush=True)
        if self._when_ready is not None:
            self._when_ready(url)

    def _end_all(self) -> None:
        print("costline: ending; runs are saved and continue next time.", file=sys.stderr)
        running = [c.process for c in self.children if c.process and c.process.poll() is None]
        for process in running:
            process.terminate()
        end = time.monotonic() + self._settings.grace_seconds + 10
        for process in running:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def newest_change() -> float:
    """When a file of ours was changed last."""
    root = Path(__file__).parents[2]
    files = (f for package in ("server", "cpo_core") for f in (root / package).rglob("*.py"))
    return max(file.stat().st_mtime for file in files)


def address(settings: Settings) -> str:
    """Where to point a browser."""
    host = settings.host
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def with_port(settings: Settings) -> Settings:
    """Settings with a real port: 0 asks for any free one, which everybody has to know.

    Raises Unavailable where the address is not this machine's.
    """
    if settings.port != 0:
        return settings
    with socket.socket(_family(settings.host)) as probe:
        try:
            probe.bind((settings.host, 0))
        except OSError as error:
            raise Unavailable(f"cannot listen on {settings.host}: {error.strerror}.") from error
        return settings.model_copy(update={"port": probe.getsockname()[1]})


def why_not_listen(settings: Settings) -> str | None:
    """What keeps the server from listening, and the remedy; None if nothing does."""
    where = f"{settings.host} port {settings.port}"
    with socket.socket(_family(settings.host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {settings.port} is taken; choose another with --port."
            return f"cannot listen on {where}: {error.strerror}; see --host and --port."
    return None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def wait_until_ready(url: str, seconds: float, stopping: threading.Event) -> bool:
    """Whether the server answered in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopping.wait(0.05):
        with contextlib.suppress(OSError, urllib.error.URLError, json.JSONDecodeError):
            with urllib.request.urlopen(f"{url}/api/health", timeout=2) as answer:
                json.load(answer)
            return True
    return False
