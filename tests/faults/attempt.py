"""`server.worker.attempt` with one fault built in: `python -m tests.faults.attempt RUN_ID TOKEN`.

`FAULT` in the environment is `NAME:ITERATION`; only the first attempt of a run meets it.

* `before-commit`: freezes between the rename of that checkpoint and its transaction;
* `in-transaction`: freezes at that iteration with all locks of its transaction held;
* `sleep`: a C call of an hour that lets other threads run;
* `hold`: a C call of an hour that keeps the interpreter lock, so that no other thread runs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session

from cpo_core.spec.reports import CheckpointSaved, Event, IterationReport
from server.worker import attempt
from server.worker.recorder import Recorder

HOUR = 3600


class Faulty(Recorder):
    """A recorder that meets the fault at its iteration."""

    def __call__(self, event: Event) -> None:
        name, at = os.environ["FAULT"].split(":")
        here = self._token == 1 and getattr(event, "iteration", None) == int(at)
        if here and name == "before-commit" and isinstance(event, CheckpointSaved):
            os.kill(os.getpid(), signal.SIGSTOP)
        if here and name == "in-transaction" and isinstance(event, IterationReport):
            # Called after the listener of server.services.ledger.events, which takes the last lock.
            sqlalchemy_event.listen(Session, "before_commit", freeze)
        if here and name == "sleep" and isinstance(event, IterationReport):
            ctypes.CDLL(None).sleep(HOUR)
        if here and name == "hold" and isinstance(event, IterationReport):
            ctypes.PyDLL(None).sleep(HOUR)
        super().__call__(event)


def freeze(_: Session) -> None:
    """Stop until somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    if os.environ.get("FAULT"):
        attempt.Recorder = Faulty
    sys.exit(attempt.main(sys.argv[1:]))
