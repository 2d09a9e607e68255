"""Moves of a run: what is allowed, who may make them, and what is written with them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.db import Database
from server.domain.states import ASKS, MOVES, RunState
from server.errors import Conflict, Fenced, NotFound
from server.models import Attempt, Event
from server.services.ledger import lifecycle
from server.services.scheduling import queue
from tests.server.service import Service


def test_every_state_can_be_reached_and_only_success_is_final():
    reachable = {RunState.QUEUED}.union(*MOVES.values())
    assert reachable == set(RunState)
    final = {state for state, to in MOVES.items() if not to}
    assert final == {RunState.SUCCEEDED}


@pytest.mark.parametrize("ask", ASKS)
def test_what_a_person_may_ask_is_a_move_of_the_table(ask: str):
    for was, to in ASKS[ask].items():
        assert to in MOVES[was]


def test_a_queued_run_pauses_and_stops_at_once(service: Service, database: Database):
    first, second = service.run(), service.run()
    with database.write() as session:
        assert lifecycle.pause(session, first).state == RunState.PAUSED
        assert lifecycle.stop(session, second).state == RunState.STOPPED
    assert service.claim() is None


def test_a_running_run_is_asked_and_its_attempt_ends_it(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.started(session, claim.run_id, claim.token)
        assert lifecycle.pause(session, claim.run_id).state == RunState.PAUSING
    with database.write() as session:
        ended = lifecycle.ended(session, claim.run_id, claim.token, completed=False)
    assert (ended.state, ended.lease_until, ended.worker_id) == (RunState.PAUSED, None, None)


def test_a_pause_can_be_taken_back_before_it_happens(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.pause(session, claim.run_id)
        assert lifecycle.resume(session, claim.run_id).state == RunState.RUNNING


def test_a_pause_that_came_before_training_began_is_kept(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.pause(session, claim.run_id)
        assert lifecycle.started(session, claim.run_id, claim.token).state == RunState.PAUSING


def test_a_finished_run_is_not_resumed_and_the_reason_says_what_is_possible(
    service: Service, database: Database
):
    claim = service.held()
    with database.write() as session:
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
    with pytest.raises(Conflict, match="succeeded; possible now: delete"), database.write() as s:
        lifecycle.resume(s, claim.run_id)


def test_an_unknown_run_is_not_found(database: Database):
    with pytest.raises(NotFound), database.write() as session:
        lifecycle.pause(session, "nosuchrun")


def test_a_refused_move_leaves_no_event(service: Service, database: Database):
    run_id = service.run()
    with database.read() as session:
        before = len(session.scalars(select(Event)).all())
    with pytest.raises(Conflict), database.write() as session:
        lifecycle.resume(session, run_id)
    with database.read() as session:
        assert len(session.scalars(select(Event)).all()) == before


def test_an_old_token_can_make_no_move(service: Service, database: Database):
    old = service.held()
    with database.write() as session:
        lifecycle.lost(session, old.run_id, old.token, "killed")
    new = service.claim()
    assert new is not None
    assert new.token == old.token + 1
    moves = (
        lambda s: lifecycle.started(s, old.run_id, old.token),
        lambda s: lifecycle.ended(s, old.run_id, old.token, completed=True),
        lambda s: lifecycle.failed(s, old.run_id, old.token, "no"),
        lambda s: lifecycle.lost(s, old.run_id, old.token, "no"),
        lambda s: queue.renew(s, old, 30),
    )
    for move in moves:
        with pytest.raises(Fenced), database.write() as session:
            move(session)
    assert service.get(new.run_id).state == RunState.STARTING


def test_a_lost_attempt_requeues_the_run_until_it_was_lost_too_often(
    service: Service, database: Database
):
    run_id = service.run()
    for expected in (RunState.QUEUED, RunState.QUEUED, RunState.FAILED):
        claim = service.claim()
        assert claim is not None
        with database.write() as session:
            lifecycle.lost(session, run_id, claim.token, "out of memory")
        assert service.get(run_id).state == expected
    assert service.get(run_id).reason == "out of memory (attempt 3 of 3)"


def test_a_run_keeps_the_number_of_attempts_that_it_was_queued_with(
    service: Service, database: Database
):
    own = Service(database, service.settings.model_copy(update={"max_attempts": 1}))
    claim = own.held()
    with database.write() as session:
        lifecycle.lost(session, claim.run_id, claim.token, "killed")
    run = service.get(claim.run_id)
    assert (run.state, run.reason) == (RunState.FAILED, "killed (attempt 1 of 1)")


def test_a_run_that_ends_complete_has_succeeded_whatever_was_asked_of_it(
    service: Service, database: Database
):
    for ask in (lifecycle.pause, lifecycle.stop):
        claim = service.held()
        with database.write() as session:
            lifecycle.started(session, claim.run_id, claim.token)
            ask(session, claim.run_id)
            ended = lifecycle.ended(session, claim.run_id, claim.token, completed=True)
        assert ended.state == RunState.SUCCEEDED


def test_a_retried_run_may_be_lost_as_often_again(service: Service, database: Database):
    claim = Service(database, service.settings.model_copy(update={"max_attempts": 1})).held()
    with database.write() as session:
        lifecycle.lost(session, claim.run_id, claim.token, "killed")
        retried = lifecycle.retry(session, claim.run_id)
    assert (retried.state, retried.losses, retried.finished_at) == (RunState.QUEUED, 0, None)


@pytest.mark.parametrize(("ask", "end"), [("pause", "paused"), ("stop", "stopped")])
def test_a_run_asked_to_end_is_not_requeued_when_its_attempt_dies(
    service: Service, database: Database, ask: str, end: str
):
    claim = service.held()
    with database.write() as session:
        getattr(lifecycle, ask)(session, claim.run_id)
        assert lifecycle.lost(session, claim.run_id, claim.token, "killed").state == end


def test_a_worker_that_shuts_down_gives_its_run_back_without_blame(
    service: Service, database: Database
):
    claim = service.held()
    with database.write() as session:
        run = lifecycle.ended(session, claim.run_id, claim.token, completed=False)
    assert (run.state, run.losses) == (RunState.QUEUED, 0)


def test_each_attempt_is_kept_with_how_it_ended(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.lost(session, claim.run_id, claim.token, "killed")
    service.claim(worker="w2")
    with database.read() as session:
        found = session.scalars(select(Attempt).order_by(Attempt.token)).all()
    assert [(a.token, a.worker_id, a.outcome) for a in found] == [
        (1, "w1", "killed"),
        (2, "w2", ""),
    ]


def test_moves_are_told_in_order_with_the_token(service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.started(session, claim.run_id, claim.token)
    with database.write() as session:
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
    with database.read() as session:
        found = session.scalars(select(Event).order_by(Event.id)).all()
    moves = [(e.data["from"], e.data["to"], e.data["token"]) for e in found if e.kind == "state"]
    assert moves == [
        (None, "queued", 0), ("queued", "starting", 1), ("starting", "running", 1),
        ("running", "succeeded", 1),
    ]  # fmt: skip
