"""A web server of the service under test, and a page that listens to it."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
import urllib.request
from typing import Any

from tests.faults.stage import Stage

SECONDS = 5.0
AGAIN_SECONDS = 0.2


class Web:
    """One web server; `listen` follows its stream like a page, coming back when it breaks."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen: dict[str, int] = {}
        self._ending = threading.Event()
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self._stage.start("server.cli", "serve")
        self._stage.wait(lambda: self.health() is not None, "the web server")

    def health(self) -> dict[str, Any] | None:
        """What it says of the service; None when it does not answer."""
        with contextlib.suppress(OSError), self._open("/api/health") as answer:
            return json.load(answer)
        return None

    def listen(self) -> None:
        """Follow the stream in a thread."""
        threading.Thread(target=self._listen, daemon=True).start()

    def shown(self, run_id: str) -> int:
        """The newest iteration of a run that the page was told of."""
        return self._seen.get(run_id, 0)

    def end(self) -> None:
        """SIGTERM; it must end in order, with a stream open."""
        self._ending.set()
        self.process.terminate()
        # uvicorn gives the signal on to itself once everything is closed.
        assert self.process.wait(30) in (0, -signal.SIGTERM), "the web server did not end in order"

    def _open(self, path: str) -> Any:
        return urllib.request.urlopen(f"http://127.0.0.1:{self._stage.port}{path}", timeout=SECONDS)

    def _listen(self) -> None:
        while not self._ending.is_set():
            # A stream that is silent for SECONDS times out, and is opened again.
            with contextlib.suppress(OSError), self._open("/api/events") as answer:
                self._follow(answer)
            time.sleep(AGAIN_SECONDS)

    def _follow(self, answer: Any) -> None:
        name = ""
        for raw in answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == "metrics":
                data = json.loads(line.removeprefix("data: "))
                self._seen[data["run_id"]] = max([0, *data["columns"]["iteration"]])
