"""How long it takes to begin: imports, the web process, and the demonstration.

    python -m benchmarks.startup [--repeats R]

Medians of R starts, each with an empty data directory where it has one: importing the command line
and the trainer; the web process from start to its first page, and its resident memory when idle;
`costline demo` from start to the first row of its first run, as the API gives it to the page.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from benchmarks.figures import Seconds, median, say

IMPORT = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import {module}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""
PATIENCE = 120.0


def main() -> None:
    """All figures of starting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    for module in ("cpo_core.terminal.cli", "cpo_core.train"):
        spent = median(_import(module) for _ in range(repeats))
        say(f"import {module}", spent.wall, "s", cpu_s=spent.cpu, repeats=repeats)
    seconds, sizes = zip(*(start_once() for _ in range(repeats)), strict=True)
    say("web process: start to first page", statistics.median(seconds), "s", target="<= 2",
        worst=max(seconds), repeats=repeats)  # fmt: skip
    say("web process: idle memory", statistics.median(sizes), "MiB", target="<= 150",
        worst=max(sizes), repeats=repeats)  # fmt: skip
    seconds = [demo() for _ in range(repeats)]
    say("costline demo, start to the first row of the first run", statistics.median(seconds), "s",
        target="<= 10", worst=max(seconds), repeats=repeats)  # fmt: skip


def _import(module: str) -> Seconds:
    command = [sys.executable, "-c", IMPORT.format(module=module)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Seconds(*map(float, answer.split()))


def start_once() -> tuple[float, float]:
    """Seconds from starting a migrated server to its first page; MiB after that page."""
    with _costline("serve", migrated=True) as (process, url, began):
        _wait_for(lambda: bool(_get(f"{url}/")), process)
        return time.monotonic() - began, psutil.Process(process.pid).memory_info().rss / 2**20


def demo() -> float:
    """Seconds from the command on an empty folder to the first row."""
    with _costline("demo", migrated=False) as (process, url, began):

        def moves() -> bool:
            runs = json.loads(_get(f"{url}/api/runs"))["runs"]
            return bool(runs) and runs[0]["iteration"] > 0

        _wait_for(moves, process)
        return time.monotonic() - began


@contextmanager
def _costline(
    command: str, *, migrated: bool
) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    """A running `costline COMMAND` on a folder of its own: process, address, when it was begun."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        own = {"COSTLINE_DATA_DIR": folder, "COSTLINE_PORT": str(port)}
        quiet = {"env": os.environ | own, "stdout": subprocess.DEVNULL,
                 "stderr": subprocess.DEVNULL}  # fmt: skip
        costline = [sys.executable, "-m", "server.cli"]
        if migrated:
            subprocess.run([*costline, "migrate"], check=True, **quiet)
        began = time.monotonic()
        process = subprocess.Popen([*costline, command], **quiet)
        try:
            yield process, f"http://127.0.0.1:{port}", began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read()


def _wait_for(good: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with suppress(urllib.error.URLError, OSError):
            if good():
                return
        time.sleep(0.01)
    raise SystemExit("it ended, or did not answer in time")


if __name__ == "__main__":
    main()
