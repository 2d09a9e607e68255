"""`python -m server.worker`: one worker until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import sys

from cpo_core.machine import parent_death
from server import logging_setup
from server.db import Database, wait_for
from server.errors import Unavailable
from server.operations import migrate
from server.services.files import store_identity
from server.settings import Settings, settings
from server.worker.executors.base import Executor
from server.worker.executors.local import LocalExecutor
from server.worker.supervisor import BUSY_SECONDS, Supervisor

DATABASE_SECONDS = 60.0


def run(chosen: Settings) -> None:
    """Work until asked to end."""
    parent_death.die_with_parent(signal.SIGTERM)
    lease = chosen.lease_seconds
    database = Database(chosen.url, lease_seconds=lease, busy_seconds=BUSY_SECONDS)
    beside = Database(chosen.url, lease_seconds=lease)
    supervisor = Supervisor(database, beside, chosen, make_executor(chosen))
    logging_setup.configure(chosen.log_level, worker=supervisor.id)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop())
    wait_for(beside, DATABASE_SECONDS)
    migrate.upgrade(beside)
    with beside.write() as session:
        store_identity.establish(session, chosen)
    supervisor.run()
    database.close()
    beside.close()


def make_executor(chosen: Settings) -> Executor:
    """The executor that the settings name; raises Unavailable when it is not installed."""
    if chosen.executor == "local":
        return LocalExecutor(chosen)
    try:
        from server.worker.executors.ray import RayExecutor
    except ImportError as error:
        raise Unavailable("Ray is not installed: run `pip install 'costline[ray]'`.") from error
    return RayExecutor(chosen)


if __name__ == "__main__":
    run(settings())
    sys.exit(0)
