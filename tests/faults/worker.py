"""A worker whose attempts run through `tests.faults.attempt`: `python -m tests.faults.worker`."""

from __future__ import annotations

from server.settings import settings
from server.worker.__main__ import run
from server.worker.executors.local import LocalExecutor

if __name__ == "__main__":
    LocalExecutor.module = "tests.faults.attempt"
    run(settings())
