"""Times `make demo` on an installed checkout until the first point of its cost curve is there."""

# ruff: noqa: T201 - a step of the gate speaks by printing
from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROMISED, PATIENCE = 10.0, 120.0
"""Speed is promised for a quiet machine; the gate fails only when no curve comes at all."""
PORT = 18420


def main() -> int:
    """0 once a row of metrics has been served."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"COSTLINE_DATA_DIR": folder, "COSTLINE_PORT": str(PORT)}
        start = time.monotonic()
        demo = subprocess.Popen(
            ["make", "demo"], cwd=ROOT, env=os.environ | settings, start_new_session=True
        )
        try:
            while not first_row():
                if demo.poll() is not None or time.monotonic() - start > PATIENCE:
                    print("make demo: no point of the cost curve", file=sys.stderr)
                    return 1
                time.sleep(0.1)
            took = time.monotonic() - start
            print(f"make demo, installed: first point after {took:.1f} s of {PROMISED:.0f} s")
        finally:
            if demo.poll() is None:
                os.killpg(demo.pid, signal.SIGINT)
            demo.wait(90)
    return 0


def first_row() -> bool:
    """Whether a run has a row with its cost."""
    with contextlib.suppress(OSError, LookupError, ValueError):
        [run, *_] = ask("/api/runs")["runs"]
        return bool(ask(f"/api/runs/{run['id']}/metrics")["columns"]["cost_outside"])
    return False


def ask(path: str):
    """JSON of the API."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
