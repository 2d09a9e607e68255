"""Start of the web process: seconds until it answers, and its resident memory when idle.

    python -m benchmarks.startup [--repeats R]

One JSON line per figure, medians of R starts, each with an empty data directory.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import psutil


def main() -> None:
    """Start, ask, measure, end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    found = [start_once() for _ in range(parser.parse_args().repeats)]
    for name, values in zip(("web_ready_s", "web_idle_mib"), zip(*found, strict=True), strict=True):
        print(json.dumps({"figure": name, "median": round(statistics.median(values), 2),
                          "worst": round(max(values), 2)}), flush=True)  # fmt: skip


def start_once() -> tuple[float, float]:
    """Seconds from starting a migrated server to its first page; MiB after that page."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"COSTLINE_DATA_DIR": folder}
        costline = [sys.executable, "-m", "server.cli"]
        quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*costline, "migrate"], check=True, **quiet)
        port = _free_port()
        began = time.monotonic()
        server = subprocess.Popen([*costline, "serve", "--port", str(port)], **quiet)
        try:
            _wait_for(f"http://127.0.0.1:{port}/", server)
            ready = time.monotonic() - began
            return ready, psutil.Process(server.pid).memory_info().rss / 2**20
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise SystemExit("the server ended before it answered")


if __name__ == "__main__":
    main()
