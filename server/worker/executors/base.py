"""Where an attempt runs. The database decides what runs; an executor only starts and ends it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.services.scheduling.queue import Capacity, Claim


@dataclass(frozen=True)
class Ended:
    """An attempt's process is gone, or (not `known`) out of reach, so that its lease must end
    first. `reason` is for people. One that never began to train is not a loss, nor is one whose
    machine was at fault (`sick`): that one should take no other run for a while.
    """

    claim: Claim
    reason: str
    known: bool = True
    lost: bool = True
    sick: bool = False


STORE_AWAY = 77
"""Exit status of an attempt that could not reach its store, and has said so itself."""

START_SECONDS = 180.0
"""An attempt may take so long until it trains: it may wait for a node of a cluster, and loading the
learning libraries takes seconds, on a busy machine many."""


class Executor(Protocol):
    """Starts attempts (`server.worker.attempt`) and knows whether they live."""

    name: str
    detached: bool
    """Attempts outlive their worker: it leaves them when it ends, and the next one adopts them."""

    def capacity(self) -> Capacity:
        """Slots and GPUs altogether."""
        ...

    def rooms(self) -> Sequence[Capacity]:
        """What each place has altogether: a run that fits into none of them never starts here."""
        ...

    def places(self, held: Iterable[Claim]) -> Sequence[Capacity]:
        """What is free beside the attempts held: a run must fit into one of the places."""
        ...

    def start(self, claim: Claim) -> None:
        """Start the attempt; nothing happens when it already runs."""
        ...

    def alive(self, claim: Claim) -> bool | None:
        """Whether it runs; None: unknown, so wait for its lease to end."""
        ...

    def interrupt(self, claim: Claim) -> None:
        """Ask it to save its state and end."""
        ...

    def kill(self, claim: Claim) -> None:
        """End it at once."""
        ...

    def ended(self) -> list[Ended]:
        """Attempts that ended since the last call."""
        ...

    def found(self) -> list[Claim]:
        """Attempts that run but were not started or adopted here."""
        ...

    def leave(self, claim: Claim) -> None:
        """Watch it no longer: another worker does."""
        ...

    def adopt(self, claim: Claim) -> bool:
        """Watch an attempt that another worker started; False when it is gone."""
        ...
