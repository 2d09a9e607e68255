"""When queued runs will begin, by the room that workers have and the limit of their owners."""

from __future__ import annotations

import math

import pytest
from sqlalchemy import update

from server.db import Database, now
from server.models import Run, Worker
from server.services.ledger import lifecycle
from server.services.scheduling import forecast, workers
from tests.server.service import Service

STEPS = {"config": {"iterations": 10, "batch_size": 1000}}
"""With the pace below: ten seconds."""


def start(service: Service, *ids: str, owner_limit: int = 0) -> list[float | None]:
    """Seconds from now until each run begins, rounded to whole ones."""
    with service.database.read() as session:
        found = forecast.places(session, owner_limit).start
        after = session.scalar(now_query()) or 0.0
    # The forecast was made a moment before `after`, so the whole seconds lie just above.
    return [None if i not in found else math.ceil(found[i] - after) for i in ids]


def now_query():
    from sqlalchemy import select

    return select(now())


@pytest.fixture(autouse=True)
def measured(service: Service, database: Database) -> None:
    """A finished run that took a millisecond a step."""
    run_id = service.held(**STEPS).run_id
    with database.write() as session:
        lifecycle.ended(session, run_id, 1, completed=True)
        session.execute(update(Run).values(iteration=10, elapsed_seconds=10.0))


def hire(database: Database, name: str, slots: int, gpus: int = 0) -> None:
    with database.write() as session:
        fields = {"host": "h", "pid": 1, "executor": "local", "version": "0"}
        worker = Worker(id=name, state="running", slots=slots, gpus=gpus, **fields)
        workers.register(session, worker)


def test_runs_begin_one_after_another_on_one_slot(service: Service, database: Database):
    hire(database, "w", 1)
    assert start(service, *(service.run(**STEPS) for _ in range(3))) == [0, 10, 20]


def test_a_run_of_two_slots_waits_for_both_and_holds_both(service: Service, database: Database):
    hire(database, "w", 2)
    first = service.run(**STEPS)
    wide = service.run(**STEPS, resources={"slots": 2})
    last = service.run(**STEPS)
    assert start(service, first, wide, last) == [0, 10, 20]


def test_slots_of_two_workers_are_no_room_for_a_wide_run(service: Service, database: Database):
    hire(database, "a", 1)
    hire(database, "b", 1)
    wide = service.run(**STEPS, resources={"slots": 2})
    on_gpu = service.run(**STEPS, resources={"gpus": 1})
    other = service.run(**STEPS)
    assert start(service, wide, on_gpu, other) == [None, None, 0]


def test_an_owner_at_the_limit_waits_while_others_go_ahead(service: Service, database: Database):
    hire(database, "w", 3)
    ann = [service.run("ann", **STEPS) for _ in range(2)]
    bob = service.run("bob", **STEPS)
    assert start(service, *ann, bob, owner_limit=1) == [0, 10, 0]
    assert start(service, *ann, bob) == [0, 0, 0]


def test_behind_a_run_of_unknown_length_nobody_has_a_start(service: Service, database: Database):
    hire(database, "w", 1)
    unknown = service.run(**STEPS, algorithm="trpo")
    behind = service.run(**STEPS)
    assert start(service, unknown, behind) == [0, None]
