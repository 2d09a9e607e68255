"""Policies measured on demand, rollouts to play, and what a run's policy came from."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse

from server.services.files import replays
from server.services.ledger import runs
from server.services.presentation import training_record
from server.services.scheduling import evaluations
from server.web.deps import DatabaseDep, Reading, SettingsDep
from server.web.schemas.base import Integer
from server.web.schemas.evaluations import Evaluation, EvaluationCreate, EvaluationList, ReplayList

router = APIRouter(prefix="/api/runs/{run_id}", tags=["evaluations"])


@router.get("/evaluations")
def list_evaluations(run_id: str, session: Reading) -> EvaluationList:
    """Measurements of this run's policies, newest first."""
    return evaluations.listing(session, runs.get(session, run_id))


@router.post("/evaluations", status_code=201)
def create_evaluation(
    run_id: str, body: EvaluationCreate, database: DatabaseDep, settings: SettingsDep
) -> Evaluation:
    """Have a worker measure a policy on new episodes."""
    return evaluations.create(database, settings, run_id, body)


@router.get("/replays")
def list_replays(run_id: str, session: Reading) -> ReplayList:
    """Recorded rollouts in order of iteration."""
    return replays.listing(session, runs.get(session, run_id))


@router.get("/replays/{iteration}", response_class=FileResponse, responses={200: {}})
def get_replay(
    run_id: str, iteration: Integer, session: Reading, settings: SettingsDep
) -> FileResponse:
    """The states of a rollout: see cpo_core.sim.replay."""
    return replays.file(session, settings, runs.get(session, run_id), iteration)


@router.get("/record")
def get_record(run_id: str, session: Reading, settings: SettingsDep) -> dict[str, Any]:
    """The training record: configuration, limits, software, every iteration, and its files."""
    return training_record.of(session, settings, runs.get(session, run_id))
