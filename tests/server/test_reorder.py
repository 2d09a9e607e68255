"""A queued run put to another place: the order that was asked for is the order of claims."""

from __future__ import annotations

import random

import pytest
from fastapi.testclient import TestClient

from server.services.scheduling import queue
from tests.server.service import Service


def order(service: Service) -> list[str]:
    with service.database.read() as session:
        return [run.id for run in queue.order(session)]


def place(client: TestClient, run_id: str, **neighbour: str):
    return client.post(f"/api/runs/{run_id}/place", json=neighbour)


def test_among_equals_a_run_moves_by_exactly_one_place(client: TestClient, service: Service):
    a, b, c, d = (service.run() for _ in range(4))
    answer = place(client, c, before=b)
    assert answer.json()["queue_position"] == 2
    assert order(service) == [a, c, b, d]
    place(client, a, after=c)
    assert order(service) == [c, a, b, d]


def test_what_was_urgent_stays_above_what_was_not_moved_past_it(
    client: TestClient, service: Service
):
    urgent = service.run(priority=5)
    a, b = service.run(), service.run()
    place(client, b, before=a)
    assert order(service) == [urgent, b, a]
    assert service.get(urgent).priority == 5
    place(client, a, before=urgent)
    assert order(service) == [a, urgent, b]


@pytest.mark.parametrize("seed", range(5))
def test_any_place_is_reached_among_owners_and_priorities(
    client: TestClient, service: Service, seed: int
):
    choose = random.Random(seed)
    for owner in ("ann", "ann", "bob"):
        service.held(owner=owner)
    for _ in range(7):
        service.run(owner=choose.choice(["ann", "bob", "eve"]), priority=choose.randrange(3))
    for _ in range(12):
        wanted = order(service)
        moved = wanted.pop(choose.randrange(len(wanted)))
        at = choose.randrange(len(wanted))
        answer = place(client, moved, before=wanted[at])
        assert answer.status_code == 200, answer.text
        wanted.insert(at, moved)
        assert order(service) == wanted
    assert service.claim().run_id == wanted[0]  # type: ignore[union-attr]


def test_only_what_waits_can_be_placed(client: TestClient, service: Service):
    held = service.held().run_id
    waiting, other = service.run(), service.run()
    assert place(client, held, before=waiting).status_code == 409
    assert place(client, waiting, before=held).status_code == 409
    assert place(client, waiting, before="unknown").status_code == 404
    assert place(client, waiting, before=waiting).status_code == 422
    assert place(client, waiting, before=other, after=other).status_code == 422
    assert place(client, waiting).status_code == 422
    assert order(service) == [waiting, other]
