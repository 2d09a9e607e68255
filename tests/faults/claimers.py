"""Sixteen processes that claim a thousand runs of mixed owners and priorities."""

from __future__ import annotations

import functools
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.queues import SimpleQueue
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from server.db import Database, is_outage, now
from server.domain.states import ACTIVE, RunState
from server.models import Attempt, Run
from server.services.ledger import lifecycle, runs
from server.services.scheduling import queue
from server.services.scheduling.queue import Capacity, Claim
from server.settings import Settings
from server.web.schemas.runs import RunCreate
from tests.faults.stage import Stage

CLAIMERS = 16
COUNT = 1000
OWNERS = ("ann", "bob", "eve", "joe")
LIMIT = 3
LEASE = 3600.0


def sixteen(stage: Stage, count: int = COUNT) -> Mapping[str, float]:
    """First nothing ends, so that the whole order is known; then runs end and limits bind."""
    start = time.time()
    ids = submit(stage, count)
    expected = simulate(stage, ids)
    claims = race(stage.settings, claim_all)
    assert sorted(run_id for _, run_id in claims) == sorted(ids), "not each run once"
    assert sequence(stage, ids) == expected, "the order of claims is not the queue's"
    end_all(stage)
    ids = submit(stage, count)
    counts = race(stage.settings, claim_and_end)
    assert sum(1 for _, run_id in counts if run_id) == count
    with stage.database.read() as session:
        tokens = session.execute(
            select(Attempt.run_id, func.count()).where(Attempt.run_id.in_(ids)).group_by(
                Attempt.run_id)
        ).all()  # fmt: skip
    assert len(tokens) == count, "not every run was claimed"
    assert {n for _, n in tokens} == {1}, "a run was claimed twice"
    most = max(n for n, _ in counts)
    assert most <= LIMIT, f"an owner had {most} runs at the same time; the limit is {LIMIT}"
    return {"seconds": round(time.time() - start, 2)}


def submit(stage: Stage, count: int) -> list[str]:
    """Ids of new runs whose owners and priorities are mixed."""
    choose = random.Random(count)
    with stage.database.write() as session:
        return [
            runs.create(
                session, stage.settings,
                RunCreate(task="point-circle", algorithm="cpo", priority=choose.randrange(3)),
                choose.choice(OWNERS),
            ).id
            for _ in range(count)
        ]  # fmt: skip


def simulate(stage: Stage, ids: list[str]) -> list[str]:
    """The order in which one claimer after the other must get them, computed plainly."""
    with stage.database.read() as session:
        left = list(session.scalars(select(Run).where(Run.id.in_(ids))))
    running: Counter[str] = Counter()
    found = []
    while left:
        first = min(left, key=lambda r: (-r.priority, running[r.owner], r.queued_at, r.id))
        left.remove(first)
        running[first.owner] += 1
        found.append(first.id)
    return found


def sequence(stage: Stage, ids: list[str]) -> list[str]:
    """The order in which they were claimed."""
    query = select(Attempt.run_id).where(Attempt.run_id.in_(ids))
    with stage.database.read() as session:
        return list(session.scalars(query.order_by(Attempt.claimed_at)))


def race(settings: Settings, work: Callable[..., None]) -> list[Any]:
    """What sixteen processes put out, each running `work(database, name, put)`."""
    context = multiprocessing.get_context("fork")
    results: SimpleQueue[Any] = context.SimpleQueue()

    def body(name: str) -> None:
        database = Database(settings.url)
        try:
            work(database, name, results.put)
            results.put(None)
        except BaseException as error:
            results.put(error)

    processes = [
        context.Process(target=body, args=(f"c{i}",), daemon=True) for i in range(CLAIMERS)
    ]
    for process in processes:
        process.start()
    found: list[Any] = []
    done = 0
    while done < CLAIMERS:
        value = results.get()
        if isinstance(value, BaseException):
            raise AssertionError(f"a claimer failed: {value!r}")
        done += value is None
        if value is not None:
            found.append(value)
    for process in processes:
        process.join(30)
    return found


def claim_all(database: Database, name: str, put: Callable[[Any], None]) -> None:
    """Claim until nothing is left."""
    while True:
        claim = patiently(lambda: take(database, name))
        if claim is None:
            return
        put((name, claim.run_id))


def claim_and_end(database: Database, name: str, put: Callable[[Any], None]) -> None:
    """Claim and end until nothing is queued; puts (most runs of one owner seen, run id)."""
    while True:
        claim, most = patiently(lambda: take_limited(database, name))
        put((most, claim.run_id if claim else ""))
        if claim is None:
            with database.read() as session:
                if not queue.order(session):
                    return
            continue
        patiently(functools.partial(end, database, claim))


def take(database: Database, name: str) -> Claim | None:
    """One claim without a limit."""
    with database.write() as session:
        return queue.claim(session, name, Capacity(1), LEASE)


def take_limited(database: Database, name: str) -> tuple[Claim | None, int]:
    """One claim, and how many runs the busiest owner has in the same transaction."""
    with database.write() as session:
        claim = queue.claim(session, name, Capacity(1), LEASE, LIMIT)
        query = select(func.count()).where(Run.state.in_(ACTIVE))
        return claim, max([0, *session.scalars(query.group_by(Run.owner))])


def end(database: Database, claim: Claim) -> None:
    """The run has succeeded."""
    with database.write() as session:
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)


def patiently(work: Callable[[], Any]) -> Any:
    """Like a worker: a lock that was held too long is waited for again."""
    while True:
        try:
            return work()
        except OperationalError as error:
            if not is_outage(error):
                raise


def end_all(stage: Stage) -> None:
    """Whatever is held has succeeded."""
    with stage.database.write() as session:
        session.execute(
            update(Run).where(Run.state.in_(ACTIVE)).values(
                state=RunState.SUCCEEDED, lease_until=None, worker_id=None, finished_at=now())
        )  # fmt: skip
