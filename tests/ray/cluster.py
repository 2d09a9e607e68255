"""A small Ray cluster on this machine: a head without processors, and nodes that run attempts.

Every process is known by its pid; `ray stop --force` would kill by name, other clusters too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.acceptance.service import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
STORE_BYTES = 80_000_000
QUICK = {
    # How soon the parts of Ray notice that another part is gone.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
    "RAY_gcs_server_request_timeout_seconds": "5",
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_USAGE_STATS_ENABLED": "0",
}


class Cluster:
    """See the module; `close` ends all of it."""

    def __init__(self) -> None:
        # Ray's sockets need a short path.
        self.folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.nodes: list[subprocess.Popen[bytes]] = []
        self.seen: dict[int, psutil.Process] = {}
        self.started = 0
        self.head = self.start_head()

    def start_head(self) -> subprocess.Popen[bytes]:
        """Start a head at the cluster's address and wait until it answers."""
        self.head = self._start(
            "--head", f"--port={self.port}", "--num-cpus=0", "--include-dashboard=false",
            f"--temp-dir={self.folder}",
        )  # fmt: skip
        self._wait(lambda: self._has(self.head, "raylet"), "the head")
        return self.head

    def start_node(self, cpus: int = 1) -> subprocess.Popen[bytes]:
        """Start a node with processors and wait until its raylet runs."""
        node = self._start(f"--address={self.address}", f"--num-cpus={cpus}")
        self.nodes.append(node)
        self._wait(lambda: self._has(node, "raylet"), "the node")
        return node

    def process(self, starter: subprocess.Popen[bytes], name: str) -> psutil.Process:
        """The process called `name` of a head or node."""
        return next(p for p in self.family(starter) if name_of(p) == name)

    def family(self, starter: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """All processes of a head or node, remembered so that none is left behind."""
        with contextlib.suppress(psutil.Error):
            found = psutil.Process(starter.pid).children(recursive=True)
            self.seen |= {p.pid: p for p in found}
            return found
        return []

    def end(self, starter: subprocess.Popen[bytes]) -> None:
        """kill -9 of a head or node with all of its processes."""
        doomed = self.family(starter)
        starter.kill()
        starter.wait()
        for process in doomed:
            with contextlib.suppress(psutil.Error):
                process.kill()

    def close(self) -> None:
        """End every process of this cluster."""
        for starter in (self.head, *self.nodes):
            self.end(starter)
        for process in self.seen.values():
            with contextlib.suppress(psutil.Error):
                process.kill()  # psutil knows by the start time whether the pid is another's now
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        log = self.folder / "start.log"
        self.started += 1
        with log.open("ab") as output:
            return subprocess.Popen(
                [
                    sys.executable, "-m", "ray.scripts.scripts", "start", "--block",
                    "--node-ip-address=127.0.0.1", f"--object-store-memory={STORE_BYTES}",
                    "--disable-usage-stats", "--include-log-monitor=false", *options,
                ],
                env=dict(os.environ) | QUICK | {"PYTHONPATH": path}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True, cwd=ROOT,
            )  # fmt: skip

    def _has(self, starter: subprocess.Popen[bytes], name: str) -> bool:
        log = (self.folder / "start.log").read_text(errors="replace")
        assert starter.poll() is None, log[-3000:]
        started = log.count("Ray runtime started.") >= self.started
        return started and any(name_of(p) == name for p in self.family(starter))

    def _wait(self, good: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + START_SECONDS
        while not good():
            assert time.monotonic() < end, f"{what} did not start"
            time.sleep(0.1)


def name_of(process: psutil.Process) -> str:
    """Name of a process; empty when it is gone."""
    try:
        return process.name()
    except psutil.Error:
        return ""
