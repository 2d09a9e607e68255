"""Runs: create, list, change, and move through their states."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Query
from sqlalchemy.orm import Session

from server import models
from server.domain.states import RunState
from server.services.ledger import events, lifecycle, runs
from server.services.presentation import listing, views
from server.services.scheduling import reorder
from server.web.deps import DatabaseDep, Owner, Reading, SettingsDep, Writing
from server.web.schemas.base import Integer
from server.web.schemas.runs import (
    Estimate,
    QueuePlace,
    Run,
    RunClone,
    RunCreate,
    RunEventList,
    RunList,
    RunPatch,
    RunsClone,
    RunsCreate,
)

router = APIRouter(prefix="/api/runs", tags=["runs"])


def _parent(run_id: str, database: DatabaseDep) -> models.Run:
    # A session of its own, ended here: checking the clone may take minutes (see services.runs).
    with database.read() as session:
        return runs.get(session, run_id)


Parent = Annotated[models.Run, Depends(_parent)]


@router.post("", status_code=201)
def create_run(body: RunCreate, session: Writing, settings: SettingsDep, owner: Owner) -> Run:
    """Queue a new run."""
    return views.run(session, runs.create(session, settings, body, owner))


@router.post("/seeds", status_code=201)
def create_runs(
    body: RunsCreate, session: Writing, settings: SettingsDep, owner: Owner
) -> RunList:  # fmt: skip
    """Queue a new run once per seed; all or none."""
    return _listed(session, runs.create_each(session, settings, body, owner))


@router.post("/estimate")
def estimate_run(body: RunCreate, session: Reading) -> Estimate:
    """Check a configuration without starting it, and say how long it would take here."""
    return runs.estimate(session, body)


@router.get("")
def list_runs(
    session: Reading,
    state: Annotated[list[RunState] | None, Query()] = None,
    task: str | None = None,
    algorithm: str | None = None,
    study: str | None = None,
    tag: str | None = None,
    search: str | None = None,
    sort: listing.Sort = "created_at",
    order: Literal["asc", "desc"] = "desc",
    deleted: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Integer = 0,
) -> RunList:
    """Runs that match every given filter. `search` looks in name, id, task, algorithm and tags."""
    chosen = listing.Filter(
        states=state or [], task=task, algorithm=algorithm, study=study, tag=tag, search=search,
        deleted=deleted,
    )  # fmt: skip
    return listing.page(session, chosen, sort, order, limit, offset)


@router.get("/{run_id}")
def get_run(run_id: str, session: Reading) -> Run:
    """One run."""
    return views.run(session, runs.get(session, run_id))


@router.patch("/{run_id}")
def update_run(run_id: str, body: RunPatch, session: Writing) -> Run:
    """Change name, tags, notes or priority."""
    return views.run(session, runs.update(session, run_id, body))


@router.delete("/{run_id}")
def delete_run(run_id: str, session: Writing) -> Run:
    """Hide a run; it can be restored until its files are cleaned up."""
    return views.run(session, runs.delete(session, run_id))


@router.post("/{run_id}/restore")
def restore_run(run_id: str, session: Writing) -> Run:
    """Undo the deletion of a run."""
    return views.run(session, runs.restore(session, run_id))


@router.post("/{run_id}/pause")
def pause_run(run_id: str, session: Writing) -> Run:
    """Stop at the next safe point, to go on later."""
    return views.run(session, lifecycle.pause(session, run_id))


@router.post("/{run_id}/resume")
def resume_run(run_id: str, session: Writing) -> Run:
    """Queue a paused run again; it continues from its newest checkpoint."""
    return views.run(session, lifecycle.resume(session, run_id))


@router.post("/{run_id}/stop")
def stop_run(run_id: str, session: Writing) -> Run:
    """End a run at the next safe point."""
    return views.run(session, lifecycle.stop(session, run_id))


@router.post("/{run_id}/retry")
def retry_run(run_id: str, session: Writing) -> Run:
    """Queue a failed or stopped run again; it continues from its newest checkpoint."""
    return views.run(session, lifecycle.retry(session, run_id))


@router.post("/{run_id}/clone", status_code=201)
def clone_run(
    parent: Parent,
    session: Writing,
    settings: SettingsDep,
    owner: Owner,
    body: Annotated[RunClone | None, Body()] = None,
) -> Run:
    """Queue a new run like this one, with the given differences."""
    return views.run(session, runs.clone(session, settings, parent, body or RunClone(), owner))


@router.post("/{run_id}/clone/seeds", status_code=201)
def clone_runs(
    parent: Parent, body: RunsClone, session: Writing, settings: SettingsDep, owner: Owner
) -> RunList:
    """Queue a new run like this one once per seed; all or none."""
    return _listed(session, runs.clone_each(session, settings, parent, body, owner))


@router.post("/{run_id}/place")
def place_run(run_id: str, body: QueuePlace, session: Writing) -> Run:
    """Put a queued run right before or right after another; priorities follow."""
    return views.run(session, reorder.place(session, run_id, body))


def _listed(session: Session, found: list[models.Run]) -> RunList:
    return RunList(runs=views.many(session, found), total=len(found))


@router.get("/{run_id}/events")
def list_run_events(run_id: str, session: Reading) -> RunEventList:
    """What happened to a run, oldest first."""
    return events.history(session, runs.get(session, run_id).id)
