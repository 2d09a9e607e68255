"""Claims: order, room, limits, leases, and many claimers at once."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest
from sqlalchemy import update

from server.db import Database, now
from server.domain.states import ACTIVE, RunState
from server.models import Attempt, Event, Run, Worker
from server.services.ledger import lifecycle
from server.services.scheduling import queue, workers
from server.services.scheduling.queue import Capacity
from server.services.scheduling.sweeper import Sweeper
from tests.server.service import Service


def test_higher_priority_goes_first_then_age(service: Service):
    old, new, urgent = service.run(), service.run(), service.run(priority=5)
    order = [service.claim() for _ in range(3)]
    assert [c.run_id for c in order if c] == [urgent, old, new]


def test_owners_take_turns_whatever_the_age(service: Service):
    first = [service.run(owner="ann") for _ in range(3)]
    second = service.run(owner="bob")
    order = [service.claim() for _ in range(3)]
    assert [c.run_id for c in order if c] == [first[0], second, first[1]]


def test_an_owner_at_the_limit_waits_for_the_own_runs(service: Service, database: Database):
    service.run(owner="ann")
    waiting = service.run(owner="ann")
    claim = service.claim(limit=1)
    assert claim is not None
    assert service.claim(limit=1) is None
    with database.write() as session:
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
    after = service.claim(limit=1)
    assert after is not None
    assert after.run_id == waiting


def test_a_run_is_claimed_only_where_it_fits(service: Service):
    big = service.run(resources={"slots": 2, "gpus": 1})
    small = service.run()
    fits = service.claim(slots=1)
    assert fits is not None
    assert fits.run_id == small
    assert service.claim(slots=2, gpus=0) is None
    claim = service.claim(slots=2, gpus=1)
    assert claim is not None
    assert (claim.run_id, claim.slots, claim.gpus) == (big, 2, 1)


def test_nothing_is_taken_behind_a_run_that_waits_for_room_on_this_worker(
    service: Service, database: Database
):
    wide, small = service.run(resources={"slots": 4}), service.run()
    whole, nodes = [Capacity(4)], [Capacity(3), Capacity(2, gpus=1)]
    with database.write() as session:
        assert not queue.any_fits(session, Capacity(3), rooms=whole)
        assert queue.claim(session, "w", Capacity(3), 30.0, rooms=whole) is None
        assert queue.any_fits(session, Capacity(3), rooms=nodes), "no node could ever take it"
        taken = queue.claim(session, "w", Capacity(3), 30.0, rooms=nodes)
        assert taken is not None
        assert taken.run_id == small
        taken = queue.claim(session, "w", Capacity(4), 30.0, rooms=whole)
        assert taken is not None
        assert taken.run_id == wide


def test_tokens_grow_with_every_claim(service: Service, database: Database):
    run_id = service.run()
    tokens = []
    for _ in range(3):
        claim = service.claim()
        assert claim is not None
        tokens.append(claim.token)
        with database.write() as session:
            lifecycle.ended(session, run_id, claim.token, completed=False)
    assert tokens == [1, 2, 3]


def test_a_renewed_lease_is_not_swept_and_an_expired_one_is(service: Service, database: Database):
    kept, expired = service.held(), service.held()
    with database.write() as session:
        session.execute(update(Run).values(lease_until=now() - 1.0))
        assert queue.renew(session, kept, 30.0) == RunState.STARTING
    with database.write() as session:
        assert [r.id for r in queue.sweep(session)] == [expired.run_id]
    assert service.get(expired.run_id).state == RunState.QUEUED
    assert "No heartbeat from worker w1" in service.get(expired.run_id).reason
    assert service.get(kept.run_id).state == RunState.STARTING


def test_renewing_tells_that_somebody_wants_to_pause(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.pause(session, claim.run_id)
        assert queue.renew(session, claim, 30.0) == RunState.PAUSING


def test_leases_follow_the_clock_of_the_database(service: Service, database: Database):
    claim = service.held(lease=100.0)
    with database.read() as session:
        left = session.get_one(Run, claim.run_id).lease_until - session.scalar(now_query())  # type: ignore[operator]
    assert left == pytest.approx(100.0, abs=5.0)


def now_query():
    from sqlalchemy import select

    return select(now())


@pytest.mark.parametrize(("claimers", "count"), [(8, 60)])
def test_many_claimers_get_each_run_once_and_keep_the_owner_limit(
    service: Service, database: Database, claimers: int, count: int
):
    check_many_claimers(service, database, claimers, count, limit=3)


def check_many_claimers(
    service: Service, database: Database, claimers: int, count: int, limit: int
) -> None:
    """Each run is claimed once; nobody has more than `limit` at the same time."""
    choose = random.Random(0)
    with database.write() as session:
        for _ in range(count):
            owner = choose.choice(["ann", "bob", "eve", "joe"])
            service.create(session, owner, priority=choose.randrange(3))
    claimed: list[str] = []
    most: Counter[str] = Counter()
    guard = threading.Lock()
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            idle = 0
            while idle < 20:
                with database.write() as session:
                    claim = queue.claim(session, name, Capacity(1), 30.0, limit)
                    held = Counter(
                        owner for (owner,) in session.query(Run.owner).filter(
                            Run.state.in_(ACTIVE))
                    )  # fmt: skip
                with guard:
                    most.update({o: max(0, n - most[o]) for o, n in held.items()})
                if claim is None:
                    idle += 1
                    with database.read() as session:
                        if not queue.order(session):
                            return
                    continue
                idle = 0
                claimed.append(claim.run_id)
                with database.write() as session:
                    lifecycle.ended(session, claim.run_id, claim.token, completed=True)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(claimers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(claimed) == len(set(claimed)) == count
    assert max(most.values()) <= limit
    with database.read() as session:
        assert session.query(Attempt).count() == count


def test_the_web_server_takes_runs_back_when_no_worker_is_left(
    service: Service, database: Database
):
    claim, kept = service.held(), service.held()
    with database.write() as session:
        session.execute(update(Run).where(Run.id == claim.run_id).values(lease_until=now() - 1.0))
    sweeper = Sweeper(database, service.settings)
    sweeper.look()
    assert service.get(claim.run_id).state == RunState.QUEUED
    assert service.get(kept.run_id).state == RunState.STARTING


def test_a_worker_that_falls_silent_is_told_once(service: Service, database: Database):
    with database.write() as session:
        worker = Worker(
            id="w", host="h", pid=1, state="running", executor="local", slots=1, gpus=0, version="1"
        )
        workers.register(session, worker)
    sweeper = Sweeper(database, service.settings)
    sweeper.look()
    with database.write() as session:
        session.execute(update(Worker).values(heartbeat_at=now() - 100.0))
    told = []
    for _ in range(2):
        sweeper.look()
        with database.read() as session:
            told.append(session.query(Event).filter(Event.kind == "workers").count())
    assert told == [2, 2]  # the registration, and the silence
    with database.read() as session:
        assert workers.listing(session).workers[0].state == "lost"
