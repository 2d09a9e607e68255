"""One child process per attempt, on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from cpo_core.machine import parent_death
from cpo_core.machine.processors import THREADS, available_threads
from server.services.files import run_log
from server.services.ledger.lifecycle import SHUT_DOWN
from server.services.scheduling.queue import Capacity, Claim
from server.settings import Settings
from server.worker.executors.base import STORE_AWAY, Ended

DEVICES = "CUDA_VISIBLE_DEVICES"


class LocalExecutor:
    """See the module. Use it from one long-lived thread: a child dies with the thread it came from.

    (Linux ties the parent-death signal to the thread; see cpo_core.machine.parent_death.)
    """

    name = "local"
    detached = False
    module = "server.worker.attempt"

    def __init__(self, settings: Settings, threads: int = 0) -> None:
        self._settings = settings
        self._threads = threads or available_threads()
        named = os.environ.get(DEVICES)
        self._devices = named.split(",") if named else [str(i) for i in range(settings.gpus)]
        self._children: dict[Claim, subprocess.Popen[bytes]] = {}
        self._given: dict[Claim, list[str]] = {}
        self._interrupted: set[Claim] = set()

    def capacity(self) -> Capacity:
        """What the settings say."""
        return Capacity(self._settings.slots, self._settings.gpus)

    def rooms(self) -> Sequence[Capacity]:
        """One: this machine."""
        return [self.capacity()]

    def places(self, held: Iterable[Claim]) -> Sequence[Capacity]:
        """The rest of this machine."""
        claims, total = list(held), self.capacity()
        slots, gpus = sum(c.slots for c in claims), sum(c.gpus for c in claims)
        return [Capacity(total.slots - slots, total.gpus - gpus)]

    def start(self, claim: Claim) -> None:
        """Start the attempt; its output goes to the run's log."""
        if claim in self._children:
            return
        command = [sys.executable, "-m", self.module, claim.run_id, str(claim.token)]
        with _open_log(run_log.path(self._settings, claim.run_id)) as log:
            self._children[claim] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._settings.environment() | parent_death.mark() | self._share(claim),
                start_new_session=True,
            )  # fmt: skip

    def alive(self, claim: Claim) -> bool | None:
        """Whether its process runs."""
        child = self._children.get(claim)
        return child is not None and child.poll() is None

    def interrupt(self, claim: Claim) -> None:
        """SIGTERM: it saves a checkpoint after the running iteration and ends."""
        self._interrupted.add(claim)
        self._signal(claim, signal.SIGTERM)

    def kill(self, claim: Claim) -> None:
        """SIGKILL."""
        self._signal(claim, signal.SIGKILL)

    def ended(self) -> list[Ended]:
        """Children that are gone, with what their exit says."""
        gone = [(c, p.returncode) for c, p in self._children.items() if p.poll() is not None]
        return [self._ended(claim, code) for claim, code in gone]

    def found(self) -> list[Claim]:
        """None: children die with their worker."""
        return []

    def leave(self, claim: Claim) -> None:
        """Never."""

    def adopt(self, claim: Claim) -> bool:
        """Never."""
        return False

    def _ended(self, claim: Claim, code: int) -> Ended:
        del self._children[claim]
        self._given.pop(claim, None)
        # Python ends at once by a SIGTERM that comes before the attempt can save anything.
        early = claim in self._interrupted and code == -signal.SIGTERM
        self._interrupted.discard(claim)
        if code == STORE_AWAY:
            return Ended(claim, "Its store is away.", lost=False, sick=True)
        return Ended(claim, SHUT_DOWN, lost=False) if early else Ended(claim, describe(code))

    def _share(self, claim: Claim) -> dict[str, str]:
        """Environment that gives the attempt its part of the processors, and its own GPUs."""
        share = self._threads * claim.slots // max(1, self._settings.slots)
        own = {THREADS: str(max(1, share))}
        if self._settings.gpus:
            taken = {device for given in self._given.values() for device in given}
            free = [device for device in self._devices if device not in taken]
            self._given[claim] = free[: claim.gpus]
            own[DEVICES] = ",".join(self._given[claim])
        return own

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
