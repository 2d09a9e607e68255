"""`costline demo`: everything up, and a first Point-Circle run whose progress is shown."""

# ruff: noqa: T201 - a command line speaks by printing
from __future__ import annotations

import contextlib
import json
import sys
import time
import urllib.request
from typing import Any

from server.launcher import Launcher
from server.settings import Settings

NAME = "First run"
LOOK_SECONDS = 0.5
LINE_SECONDS = 5.0
WAITING = ("queued", "starting", "running", "pausing", "stopping")


def run(settings: Settings, workers: int) -> int:
    """Until Ctrl-C; the exit status."""
    return Launcher(settings, workers, when_ready=watch).run()


def watch(url: str) -> None:
    """Queue a run, unless one of an earlier demo is under way, and tell how it goes."""
    with contextlib.suppress(OSError):  # the service has been ended
        _watch(url)


def _watch(url: str) -> None:
    found = _call(f"{url}/api/runs?search={NAME.replace(' ', '+')}&limit=1")["runs"]
    if found and found[0]["state"] in WAITING:
        run = found[0]
    else:
        seed = found[0]["seed"] + 1 if found else 0
        body = {"task": "point-circle", "algorithm": "cpo", "seed": seed, "name": NAME,
                "tags": ["demo"]}  # fmt: skip
        run = _call(f"{url}/api/runs", body)
    print(f"  Watch it learn at {url}/runs/{run['id']}\n", flush=True)
    _follow(url, run["id"])


def _follow(url: str, run_id: str) -> None:
    live = sys.stdout.isatty()
    said = 0.0
    while True:
        run = _call(f"{url}/api/runs/{run_id}")
        over = run["state"] not in WAITING
        if live or over or time.monotonic() - said > LINE_SECONDS:
            said = time.monotonic()
            end = "\r" if live and not over else "\n"
            print(f"  {describe(run):<100}", end=end, flush=True)
        if over:
            return
        time.sleep(LOOK_SECONDS)


def describe(run: dict[str, Any]) -> str:
    """One line about a run."""
    latest = run["latest"]
    if latest is None:
        return f"{run['state']} …"
    costs = ", ".join(
        f"{name} {cost['mean']:.1f} of {cost['limit']:g}" for name, cost in latest["costs"].items()
    )
    done = f"iteration {run['iteration']} of {run['iterations']}"
    reason = f" {run['reason']}" if run["reason"] else ""
    return f"{run['state']}  {done}   return {latest['return']:.1f}   cost {costs}{reason}"


def _call(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
