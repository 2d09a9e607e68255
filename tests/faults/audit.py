"""What must hold of every run, whatever happened to it; checked against the database itself.

Triggers write down every accepted metric and checkpoint with the token that wrote it and the
token that held the run at that moment, so a write that came from a fenced attempt cannot hide.
"""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import select, text

from server.db import Database
from server.domain.states import ACTIVE, RunState
from server.models import Attempt, Event, Metric, Run
from server.services.measurements import metrics

TABLES = ("metrics", "checkpoints")
EVENTS = ("insert", "update")
_SQLITE = """
CREATE TRIGGER audit_{table}_{event} AFTER {event} ON {table} BEGIN
  INSERT INTO audit (source, run_id, iteration, token, held, state)
  SELECT '{table}', NEW.run_id, NEW.iteration, NEW.token, token, state FROM runs
  WHERE id = NEW.run_id;
END
"""
_POSTGRES = """
CREATE FUNCTION audit_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO audit (source, run_id, iteration, token, held, state)
  SELECT '{table}', NEW.run_id, NEW.iteration, NEW.token, token, state FROM runs
  WHERE id = NEW.run_id;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_{table}_{event} AFTER {event} ON {table}
FOR EACH ROW EXECUTE FUNCTION audit_{table}_{event}()
"""


def install(database: Database) -> None:
    """Begin to write down every metric and checkpoint that the database accepts."""
    postgres = database.kind == "postgresql"
    key = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
    with database.write() as session:
        session.execute(
            text(f"CREATE TABLE audit (id {key}, source TEXT, run_id TEXT, iteration INTEGER, "
                 "token INTEGER, held INTEGER, state TEXT)")
        )  # fmt: skip
        for table, event in itertools.product(TABLES, EVENTS):
            trigger = _POSTGRES if postgres else _SQLITE
            session.execute(text(trigger.format(table=table, event=event)))


def check(database: Database, run_id: str) -> None:
    """Raise AssertionError for the first promise that this run breaks."""
    with database.read() as session:
        run = session.get_one(Run, run_id)
        rows = session.execute(
            select(Metric.iteration, Metric.token)
            .where(Metric.run_id == run_id)
            .order_by(Metric.iteration)
        ).all()
        attempts = list(
            session.scalars(select(Attempt).where(Attempt.run_id == run_id).order_by(Attempt.token))
        )
        moves = [
            (e.data["from"], e.data["to"])
            for e in session.scalars(
                select(Event)
                .where(Event.run_id == run_id, Event.kind == "state")
                .order_by(Event.id)
            )
        ]
        writes = session.execute(
            text("SELECT token, held, state FROM audit WHERE run_id = :id ORDER BY id"),
            {"id": run_id},
        ).all()
    last = run.iterations if run.state == RunState.SUCCEEDED else run.iteration
    assert [i for i, _ in rows] == list(range(1, last + 1)), "iterations are not exactly 1..N"
    assert _grows([t for _, t in rows]), "tokens of the metrics fall"
    assert [a.token for a in attempts] == list(range(1, run.token + 1)), "tokens have gaps"
    for before, after in itertools.pairwise(attempts):
        assert before.ended_at is not None, f"attempt {before.token} never ended"
        assert before.ended_at <= after.claimed_at, f"attempts {before.token} overlap the next"
    check_writes(writes)
    check_moves(moves, run.state)


def check_writes(writes: Any) -> None:
    """Every accepted write came from the attempt that held the run, in the order of tokens."""
    assert writes, "nothing was written"
    for token, held, state in writes:
        assert token == held, f"a write of token {token} was accepted while {held} held the run"
        assert state in ACTIVE, f"a write was accepted in state {state}"
    assert _grows([token for token, _, _ in writes]), "an old token wrote after a new one"


def check_moves(moves: list[tuple[str | None, str]], state: str) -> None:
    """The moves are one chain from `queued` to `state`, and end once."""
    assert moves[0] == (None, RunState.QUEUED)
    for (_, there), (here, _) in itertools.pairwise(moves):
        assert there == here, f"the moves are no chain: {moves}"
    assert moves[-1][1] == state, "the last move is not the state"
    done = [to for _, to in moves if to == RunState.SUCCEEDED]
    assert len(done) <= 1, "the run ended more than once"


def columns(database: Database, run_id: str) -> dict[str, list[Any]]:
    """The metrics of a run without those that tell of time."""
    with database.read() as session:
        found = metrics.load(session, run_id)
    return {name: values for name, values in found.items() if "seconds" not in name}


def _grows(values: list[int]) -> bool:
    return all(a <= b for a, b in itertools.pairwise(values))
