"""A queued run put to another place. The queue is ordered by priority first, so priorities follow.

Only what stands in the way is raised: from the end of the queue upwards, each run gets the lowest
priority with which it stays above the one below it, and is left alone where it already does. Among
equal priorities the order is that of `queue.order`: the owner's running count, then age.
"""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from server.domain.states import ACTIVE
from server.errors import Conflict, Invalid
from server.models import Run
from server.services.ledger import events, runs
from server.services.scheduling import queue
from server.web.schemas.runs import QueuePlace

HIGHEST = 1000


def place(session: Session, run_id: str, body: QueuePlace) -> Run:
    """Put a run right before or after another one of the queue.

    Raises Invalid unless exactly one neighbour is named, Conflict when either no longer waits.
    """
    anchor = body.before if body.before is not None else body.after
    if anchor is None or (body.before is not None and body.after is not None):
        raise Invalid("Name one neighbour.", [("before", "give either `before` or `after`")])
    if anchor == run_id:
        raise Invalid("A run cannot stand beside itself.", [("before", "names the run itself")])
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": queue.LOCK})
    was = queue.order(session)
    ids = [run.id for run in was]
    for name in (run_id, anchor):
        if runs.get(session, name).id not in ids:
            raise Conflict(f"Run {name} no longer waits in the queue.")
    moved = was[ids.index(run_id)]
    wanted = [run for run in was if run is not moved]
    at = next(i for i, run in enumerate(wanted) if run.id == anchor)
    wanted.insert(at if body.before is not None else at + 1, moved)
    _raise_where_needed(session, wanted)
    events.add(session, "queue", moved.id)
    session.flush()
    return moved


def _raise_where_needed(session: Session, wanted: list[Run]) -> None:
    """Give priorities under which the queue has the wanted order, from its end upwards."""
    before = {run.id: run.priority for run in wanted}
    active = select(Run.owner, func.count().label("n")).where(Run.state.in_(ACTIVE))
    counts = {row.owner: row.n for row in session.execute(active.group_by(Run.owner))}

    def among_equals(run: Run) -> tuple[int, float, str]:
        return counts.get(run.owner, 0), run.queued_at, run.id

    for below, run in pairwise(reversed(wanted)):
        run.priority = max(run.priority, below.priority)
        if run.priority == below.priority and among_equals(run) > among_equals(below):
            run.priority += 1
    if wanted[0].priority > HIGHEST:
        raise Conflict(f"No priority above {HIGHEST} is left; lower that of other runs first.")
    for run in wanted:
        if run.priority != before[run.id]:
            events.add(session, "run", run.id)
