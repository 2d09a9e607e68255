"""`costline demo`: everything up, and a first Point-Circle run whose progress is shown."""

# ruff: noqa: T201 - a command line speaks by printing
from __future__ import annotations

import contextlib
import json
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from server.operations.launcher import Launcher
from server.settings import Settings

NAME = "First run"
LOOK_SECONDS = 0.5
LINE_SECONDS = 5.0
WAITING = ("queued", "starting", "running", "pausing", "stopping")


def run(settings: Settings, workers: int) -> int:
    """Until Ctrl-C; the exit status."""
    return Launcher(settings, workers, when_ready=lambda url: watch(url, settings.token)).run()


def watch(url: str, token: str = "") -> None:
    """Queue a run, unless one of an earlier demo is under way, and tell how it goes."""
    try:
        _watch(Api(url, token))
    except urllib.error.HTTPError as error:
        print(f"costline: the first run could not be made: {_words(error)}", file=sys.stderr)
    except OSError:
        pass  # the service has been ended


@dataclass(frozen=True)
class Api:
    """The service as the demo asks it; `token` where one is needed."""

    url: str
    token: str

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """JSON in (then it is a POST), JSON out; raises HTTPError, OSError."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.url}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def _watch(api: Api) -> None:
    found = api.call(f"/api/runs?search={NAME.replace(' ', '+')}&limit=1")["runs"]
    if found and found[0]["state"] in WAITING:
        run = found[0]
    else:
        seed = found[0]["seed"] + 1 if found else 0
        body = {"task": "point-circle", "algorithm": "cpo", "seed": seed, "name": NAME,
                "tags": ["demo"]}  # fmt: skip
        run = api.call("/api/runs", body)
    print(f"  Watch it learn at {api.url}/runs/{run['id']}\n", flush=True)
    _follow(api, run["id"])


def _follow(api: Api, run_id: str) -> None:
    live = sys.stdout.isatty()
    said = 0.0
    while True:
        run = api.call(f"/api/runs/{run_id}")
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


def _words(error: urllib.error.HTTPError) -> str:
    """The server's own words, or the status where it has none."""
    with contextlib.suppress(ValueError):
        detail = json.load(error).get("detail", "")
        return f"{detail} ({error.code})"
    return f"{error.reason} ({error.code})"
