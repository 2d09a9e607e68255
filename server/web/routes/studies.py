"""Studies: runs that answer one question together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from server.services.presentation import studies
from server.web.deps import Owner, Reading, SettingsDep, Writing
from server.web.schemas.studies import Study, StudyCreate, StudyEstimate, StudyList

router = APIRouter(prefix="/api/studies", tags=["studies"])


@router.post("", status_code=201)
def create_study(body: StudyCreate, session: Writing, settings: SettingsDep, owner: Owner) -> Study:
    """Queue every run of a comparison; all or none."""
    return studies.view(session, studies.create(session, settings, body, owner))


@router.get("")
def list_studies(
    session: Reading, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> StudyList:  # fmt: skip
    """The newest studies, newest first."""
    return studies.page(session, limit)


@router.get("/presets/{name}/estimate")
def estimate_study(name: str, session: Reading) -> StudyEstimate:
    """How long a ready-made study would take here."""
    return studies.estimate(session, name)


@router.get("/{study_id}")
def get_study(study_id: str, session: Reading) -> Study:
    """One study with its runs."""
    return studies.view(session, studies.get(session, study_id))
