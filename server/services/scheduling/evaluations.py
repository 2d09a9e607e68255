"""Policies measured on demand: rows that workers take, one at a time (see server.worker)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from cpo_core.spec import registry
from cpo_core.tasks.base import Task
from server import store
from server.db import Database, now
from server.errors import Invalid, NotFound, Unavailable
from server.models import Checkpoint, Evaluation, Run
from server.services.files import artifacts
from server.services.ledger import events, runs
from server.settings import Settings
from server.web.schemas import evaluations as schemas

LEASE_SECONDS = 60.0
LONGEST_SECONDS = 1800.0
MAX_TRIES = 2


def create(
    database: Database, settings: Settings, run_id: str, body: schemas.EvaluationCreate
) -> schemas.Evaluation:
    """Ask for a measurement; raises NotFound without a checkpoint, Invalid naming every field.

    The weights are linked between two sessions: a shared store may take long.
    """
    with database.read() as session:
        run = runs.get(session, run_id)
        kept = artifacts.checkpoints(session, run.id)
    found, checkpoint = _checked(run, kept, body)
    found.checkpoint = _link(settings, checkpoint, found.id)
    with database.write() as session:
        runs.get(session, run_id)
        session.add(found)
        session.flush()
        session.refresh(found)
        return view(found)


def _checked(
    run: Run, kept: Sequence[Checkpoint], body: schemas.EvaluationCreate
) -> tuple[Evaluation, Checkpoint]:
    """The measurement as a row without its link, and the checkpoint that is to be measured."""
    if not kept:
        raise NotFound(f"Run {run.id} has no checkpoint yet, so there is no policy to measure.")
    problems: list[tuple[str, str]] = []
    wanted = kept[0].iteration if body.iteration is None else body.iteration
    checkpoint = next((c for c in kept if c.iteration == wanted), None)
    if checkpoint is None:
        have = ", ".join(str(c.iteration) for c in reversed(kept))
        problems.append(("iteration", f"is not kept; there are {have}"))
    task = body.task or run.task
    if task not in same_shape(run.task):
        problems.append(("task", f"must be one of {', '.join(same_shape(run.task))}"))
        raise _invalid(problems)
    limits = _limits(run, registry.find_task(task), body.limits, problems)
    if problems or checkpoint is None:
        raise _invalid(problems)
    found = Evaluation(
        id=runs.new_id(), run_id=run.id, iteration=wanted, checkpoint="", task=task,
        episodes=body.episodes, seed=body.seed, deterministic=body.deterministic, limits=limits,
        created_at=now(),
    )  # fmt: skip
    return found, checkpoint


def listing(session: Session, run: Run) -> schemas.EvaluationList:
    """Measurements of a run, newest first."""
    query = select(Evaluation).where(Evaluation.run_id == run.id)
    found = session.scalars(query.order_by(Evaluation.created_at.desc(), Evaluation.id))
    return schemas.EvaluationList(
        evaluations=[view(e) for e in found], tasks=same_shape(run.task)
    )  # fmt: skip


def same_shape(name: str) -> list[str]:
    """Tasks whose observations and actions have the sizes of those of task `name`, it first."""
    known = registry.tasks()
    own = known.get(name)
    if own is None:
        return []
    size = (own.observation_size, own.action_size)
    others = [t for n, t in known.items() if n != name]
    return [name, *(t.name for t in others if (t.observation_size, t.action_size) == size)]


def view(found: Evaluation) -> schemas.Evaluation:
    """A measurement as the API shows it, its costs beside their limits."""
    names = (
        "id", "run_id", "iteration", "task", "episodes", "seed", "deterministic", "limits",
        "state", "problem", "created_at", "finished_at",
    )  # fmt: skip
    plain = {name: getattr(found, name) for name in names}
    result = None
    if found.result is not None:
        costs = {
            name: {"mean": cost["mean"], "se": cost["se"], "limit": found.limits[name]}
            for name, cost in found.result["costs"].items()
        }
        result = found.result | {"costs": costs}
    return schemas.Evaluation.model_validate(plain | {"result": result})


def take(session: Session) -> Evaluation | None:
    """The next measurement to make, leased to the caller; one whose lease ended is taken again.

    After the last try it is given up. The row's `tries` is the caller's token: see `_held`.
    """
    unheld = or_(Evaluation.lease_until.is_(None), Evaluation.lease_until < now())
    query = (
        select(Evaluation)
        .where(Evaluation.state.in_(("waiting", "running")), unheld)
        .order_by(Evaluation.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        return None
    if found.tries >= MAX_TRIES:
        found.state, found.problem = "failed", "Its worker was lost each time it was tried."
        found.finished_at = now()  # type: ignore[assignment]
        events.add(session, "run", found.run_id)
        return None
    found.state, found.tries = "running", found.tries + 1
    found.lease_until = now() + LEASE_SECONDS  # type: ignore[assignment]
    events.add(session, "run", found.run_id)
    session.flush()
    return found


def renew(session: Session, taken: Evaluation) -> None:
    """Say that it is still being made."""
    own = (Evaluation.id == taken.id, Evaluation.tries == taken.tries)
    session.execute(update(Evaluation).where(*own).values(lease_until=now() + LEASE_SECONDS))


def waiting(session: Session) -> bool:
    """Whether there may be something to take: the common answer, without a lock."""
    query = select(Evaluation.id).where(Evaluation.state.in_(("waiting", "running")))
    return session.scalar(query.limit(1)) is not None


def give_back(session: Session, taken: Evaluation) -> None:
    """The worker shuts down: let another begin it anew."""
    found = _held(session, taken)
    if found is not None:
        found.state, found.lease_until, found.tries = "waiting", None, found.tries - 1


def finish(
    session: Session, taken: Evaluation, result: Mapping[str, Any] | None, problem: str = ""
) -> str | None:
    """Write the result, or the problem after the last try; the path of a file to delete."""
    found = _held(session, taken)
    if found is None:
        return None
    found.lease_until = None
    found.problem = problem
    if result is None and found.tries < MAX_TRIES:
        found.state = "waiting"
        return None
    found.state = "failed" if result is None else "ready"
    found.result = None if result is None else dict(result)
    found.finished_at = now()  # type: ignore[assignment]
    events.add(session, "run", found.run_id)
    return found.checkpoint


def _held(session: Session, taken: Evaluation) -> Evaluation | None:
    """The row, unless another worker has taken it since (or its run was purged)."""
    found = session.get(Evaluation, taken.id, with_for_update=True)
    own = found is not None and (found.state, found.tries) == ("running", taken.tries)
    return found if own else None


def _limits(
    run: Run, task: Task, given: Mapping[str, float], problems: list[tuple[str, str]]
) -> dict[str, float]:
    """A limit for every cost of the task: the given one, the run's own, or the task's."""
    names = [cost.name for cost in task.costs]
    for name in given:
        if name not in names:
            problems.append((f"limits.{name}", f"is no cost of {task.name}: {', '.join(names)}"))
    own = run.config["limits"]
    return {c.name: float(given.get(c.name, own.get(c.name, c.limit))) for c in task.costs}


def _invalid(problems: list[tuple[str, str]]) -> Invalid:
    return Invalid("; ".join(f"{field} {message}" for field, message in problems), problems)


def _link(settings: Settings, checkpoint: Checkpoint, name: str) -> str:
    """A name of its own for the weights, so that tidying up cannot take them away meanwhile."""
    link = f"runs/{checkpoint.run_id}/evaluations/{name}.ckpt"
    try:
        store.of(settings).link(checkpoint.path, link)
    except FileNotFoundError:
        raise NotFound(f"The file of checkpoint {checkpoint.iteration} is gone.") from None
    except OSError as error:
        raise Unavailable(f"Checkpoint {checkpoint.iteration} cannot be read: {error}") from error
    return link
