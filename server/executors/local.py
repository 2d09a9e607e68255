"""One child process per attempt, on this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from server import orphans
from server.executors.base import Ended
from server.services import logs
from server.services.queue import Capacity, Claim
from server.settings import Settings


class LocalExecutor:
    """See the module. Use it from one long-lived thread: a child dies with the thread it came from.

    (Linux ties the parent-death signal to the thread; see server.orphans.)
    """

    name = "local"
    detached = False
    module = "server.worker.attempt"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children: dict[Claim, subprocess.Popen[bytes]] = {}

    def capacity(self) -> Capacity:
        """What the settings say."""
        return Capacity(self._settings.slots, self._settings.gpus)

    def free(self, held: Iterable[Claim]) -> Capacity:
        """The rest."""
        claims, total = list(held), self.capacity()
        slots, gpus = sum(c.slots for c in claims), sum(c.gpus for c in claims)
        return Capacity(total.slots - slots, total.gpus - gpus)

    def start(self, claim: Claim) -> None:
        """Start the attempt; its output goes to the run's log."""
        if claim in self._children:
            return
        command = [sys.executable, "-m", self.module, claim.run_id, str(claim.token)]
        with _open_log(logs.path(self._settings, claim.run_id)) as log:
            self._children[claim] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._settings.environment() | orphans.mark(), start_new_session=True,
            )  # fmt: skip

    def alive(self, claim: Claim) -> bool | None:
        """Whether its process runs."""
        child = self._children.get(claim)
        return child is not None and child.poll() is None

    def interrupt(self, claim: Claim) -> None:
        """SIGTERM: it saves a checkpoint after the running iteration and ends."""
        self._signal(claim, signal.SIGTERM)

    def kill(self, claim: Claim) -> None:
        """SIGKILL."""
        self._signal(claim, signal.SIGKILL)

    def ended(self) -> list[Ended]:
        """Children that are gone, with what their exit says."""
        gone = [(c, p.returncode) for c, p in self._children.items() if p.poll() is not None]
        for claim, _ in gone:
            del self._children[claim]
        return [Ended(claim, describe(code)) for claim, code in gone]

    def found(self) -> list[Claim]:
        """None: children die with their worker."""
        return []

    def adopt(self, claim: Claim) -> bool:
        """Never."""
        return False

    def _signal(self, claim: Claim, number: signal.Signals) -> None:
        child = self._children.get(claim)
        if child is not None and child.poll() is None:
            child.send_signal(number)


def describe(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"The training process ended with status {code}."
    name = signal.Signals(-code).name
    hint = " (out of memory?)" if -code == signal.SIGKILL else ""
    return f"The training process was killed by {name}{hint}."


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")
