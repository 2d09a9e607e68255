"""The states of a run, the moves between them, and what a person may ask for.

`server.services.ledger.lifecycle` makes the moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


S = RunState  # short, so that the tables below can be read as tables

MOVES: Mapping[S, frozenset[S]] = {
    S.QUEUED: frozenset({S.STARTING, S.PAUSED, S.STOPPED}),
    S.STARTING: frozenset({S.RUNNING, S.PAUSING, S.STOPPING, S.QUEUED, S.FAILED, S.SUCCEEDED}),
    S.RUNNING: frozenset({S.PAUSING, S.STOPPING, S.QUEUED, S.FAILED, S.SUCCEEDED}),
    S.PAUSING: frozenset({S.PAUSED, S.RUNNING, S.STOPPING, S.FAILED, S.SUCCEEDED}),
    S.PAUSED: frozenset({S.QUEUED, S.STOPPED}),
    S.STOPPING: frozenset({S.STOPPED, S.FAILED, S.SUCCEEDED}),
    S.STOPPED: frozenset({S.QUEUED}),
    S.FAILED: frozenset({S.QUEUED}),
    S.SUCCEEDED: frozenset(),
}
ACTIVE = (S.STARTING, S.RUNNING, S.PAUSING, S.STOPPING)
"""States in which an attempt holds the run."""
FINISHED = (S.STOPPED, S.SUCCEEDED, S.FAILED)

ASKS: Mapping[str, Mapping[S, S]] = {
    "pause": {S.QUEUED: S.PAUSED, S.STARTING: S.PAUSING, S.RUNNING: S.PAUSING},
    "resume": {S.PAUSED: S.QUEUED, S.PAUSING: S.RUNNING},
    "stop": {
        S.QUEUED: S.STOPPED, S.PAUSED: S.STOPPED, S.STARTING: S.STOPPING, S.RUNNING: S.STOPPING,
        S.PAUSING: S.STOPPING,
    },
    "retry": {S.FAILED: S.QUEUED, S.STOPPED: S.QUEUED},
}  # fmt: skip
"""What a person may ask for, and where it leads from each state."""
