"""Create, find and change runs. Moves between states are in `lifecycle`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cpo_core.spec.config import TrainConfig, make_config
from cpo_core.spec.parameters import ConfigError, to_plain
from server.db import now
from server.domain.states import ACTIVE, RunState
from server.errors import Conflict, Invalid, NotFound, from_config_error
from server.models import Run
from server.services.ledger import events
from server.settings import Settings
from server.web.schemas.runs import (
    Estimate,
    RunClone,
    RunCreate,
    RunPatch,
    RunsClone,
    RunsCreate,
)

OWN_FIELDS = ("task", "algorithm", "seed")
"""Fields of TrainConfig that a request gives beside `config`, not in it."""
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def create(
    session: Session, settings: Settings, body: RunCreate, owner: str, *,
    parent_id: str | None = None, study_id: str | None = None,
) -> Run:  # fmt: skip
    """Queue a run; raises Invalid naming every bad field, and then nothing is created."""
    config = check(body)
    run = Run(
        id=new_id(), state=RunState.QUEUED, task=config.task, algorithm=config.algorithm,
        preset=body.preset, seed=config.seed, config=to_plain(config),
        name=body.name.strip(), tags=_tags(body.tags), notes=body.notes, priority=body.priority,
        owner=owner,
        parent_id=parent_id, study_id=study_id, slots=body.resources.slots,
        gpus=body.resources.gpus, max_attempts=settings.max_attempts,
        iterations=config.iterations, created_at=now(), queued_at=now(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    session.refresh(run)
    events.add(session, "state", run.id, "", **{"from": None, "to": run.state, "token": 0})
    return run


def check(body: RunCreate) -> TrainConfig:
    """The complete configuration that a request describes; raises Invalid."""
    given = dict(body.config)
    for name in ("limits", "options"):
        if name in given and not isinstance(given[name], Mapping):
            message = "must be an object of named values"
            raise Invalid(f"config.{name} {message}", [(f"config.{name}", message)])
    seed = body.seed
    if "seed" not in body.model_fields_set:
        seed = given.pop("seed", seed)
    own = {"task": body.task, "algorithm": body.algorithm, "seed": seed}
    for name in OWN_FIELDS:
        if name in given and given.pop(name) != own[name]:
            message = f"differs from `{name}` beside it; leave it out"
            raise Invalid(f"config.{name} {message}", [(f"config.{name}", message)])
    try:
        return make_config(body.task, body.algorithm, preset=body.preset, **{**given, "seed": seed})
    except ConfigError as error:
        raise from_config_error(error) from None


def get(session: Session, run_id: str) -> Run:
    """The run, deleted or not; raises NotFound."""
    run = session.get(Run, run_id) if re.fullmatch(r"[a-z0-9]{1,16}", run_id) else None
    if run is None:
        raise NotFound(f"There is no run {run_id!r}.")
    return run


def update(session: Session, run_id: str, body: RunPatch) -> Run:
    """Change what is given; the order of the queue follows a new priority at once."""
    run = get(session, run_id)
    values = {n: v for n, v in body.model_dump(exclude_unset=True).items() if v is not None}
    for name, value in values.items():
        clean = {"tags": _tags, "name": str.strip}.get(name)
        setattr(run, name, value if clean is None else clean(value))
    events.add(session, "queue" if "priority" in values else "run", run.id)
    session.flush()
    return run


def delete(session: Session, run_id: str) -> Run:
    """Hide a run; raises Conflict while an attempt holds it.

    A queued one is not claimed while it is hidden, and keeps its place for when it is restored.
    """
    run = _locked(session, run_id)
    if run.state in ACTIVE:
        raise Conflict(f"The run is {run.state}; stop it before it can be deleted.")
    if run.deleted_at is None:
        run.deleted_at = now()  # type: ignore[assignment]
        session.flush()
        session.refresh(run)
        events.add(session, "state", run.id, "Deleted.", deleted=True)
    return run


def restore(session: Session, run_id: str) -> Run:
    """Bring a deleted run back; raises Conflict when it is not deleted."""
    # Locked: it may be on its way out for good (artifacts.purge_deleted).
    run = _locked(session, run_id)
    if run.deleted_at is None:
        raise Conflict("The run is not deleted.")
    run.deleted_at = None
    session.flush()
    events.add(session, "state", run.id, "Restored.", deleted=False)
    return run


def clone(session: Session, settings: Settings, parent: Run, body: RunClone, owner: str) -> Run:
    """Queue a run with the parent's configuration and the given differences.

    Like `create`, it asks nothing of the session before the configuration is checked: a foreign
    task may take minutes to be described, and nobody else could write meanwhile (SQLite).
    """
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    config = changes.pop("config", {})
    same = all(changes.get(name, getattr(parent, name)) == getattr(parent, name)
               for name in ("task", "algorithm", "preset"))  # fmt: skip
    # Settings of another task or algorithm mean nothing here: then the preset is the base.
    base = _without(parent.config, OWN_FIELDS) if same else {}
    fields: dict[str, Any] = {
        "task": parent.task, "algorithm": parent.algorithm, "preset": parent.preset,
        "seed": parent.seed, "tags": parent.tags, "priority": parent.priority,
        "resources": {"slots": parent.slots, "gpus": parent.gpus},
    }  # fmt: skip
    request = RunCreate(**(fields | changes), config=_merged(base, config))
    return create(session, settings, request, owner, parent_id=parent.id)


def create_each(
    session: Session, settings: Settings, body: RunsCreate, owner: str
) -> list[Run]:  # fmt: skip
    """Queue the run once per seed, all or none; raises Invalid."""
    fields = body.model_dump(exclude_unset=True, exclude={"seeds", "seed"})
    return [
        create(session, settings, RunCreate(**fields, seed=seed), owner)
        for seed in dict.fromkeys(body.seeds)
    ]


def clone_each(
    session: Session, settings: Settings, parent: Run, body: RunsClone, owner: str
) -> list[Run]:
    """Queue the clone once per seed, all or none; raises Invalid."""
    fields = body.model_dump(exclude_unset=True, exclude={"seeds", "seed"})
    return [
        clone(session, settings, parent, RunClone(**fields, seed=seed), owner)
        for seed in dict.fromkeys(body.seeds)
    ]


def estimate(session: Session, body: RunCreate) -> Estimate:
    """Time of such a run by the newest runs of its task and algorithm; raises Invalid."""
    config = check(body)
    seconds, count = seconds_per_step(session, config.task, config.algorithm)
    total = None if seconds is None else seconds * config.batch_size * config.iterations
    return Estimate(seconds=total, based_on=count, config=to_plain(config))


def seconds_per_step(session: Session, task: str, algorithm: str) -> tuple[float | None, int]:
    """Seconds of training per environment step in the last runs, and how many they were."""
    query = (
        select(Run.config, Run.elapsed_seconds, Run.iteration)
        .where(Run.task == task, Run.algorithm == algorithm, Run.iteration >= 2)
        .order_by(Run.created_at.desc())
        .limit(5)
    )
    found = [
        elapsed / (iteration * config["batch_size"])
        for config, elapsed, iteration in session.execute(query)
    ]
    return (sum(found) / len(found) if found else None), len(found)


def new_id() -> str:
    """A short random name: ten letters that are hard to confuse."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def _locked(session: Session, run_id: str) -> Run:
    found = get(session, run_id).id
    run = session.get(Run, found, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound(f"There is no run {run_id!r}.")
    return run


def _tags(given: Iterable[str]) -> list[str]:
    return [tag.strip() for tag in dict.fromkeys(given)]


def _without(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k not in names}


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base) | dict(changes)
    for name in ("limits", "options"):
        if isinstance(changes.get(name), Mapping) and isinstance(base.get(name), Mapping):
            merged[name] = {**base[name], **changes[name]}
    return merged
