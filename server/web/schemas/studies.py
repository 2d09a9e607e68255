"""What the API takes and gives about studies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StrictStr

from server.web.schemas.base import Input
from server.web.schemas.runs import Name, Run, RunCreate, Seeds


class StudyCreate(Input):
    """A comparison: either a preset of the catalog or a list of runs."""

    name: Name = ""
    preset: StrictStr | None = None
    task: StrictStr | None = None
    seeds: Seeds | None = None
    runs: Annotated[list[RunCreate], Field(max_length=500)] | None = None


class StudyEstimate(BaseModel):
    """How long a ready-made study takes with the slots there are; None when nobody knows yet."""

    seconds: float | None
    runs: int


class StudyProgress(BaseModel):
    """How far the whole is; `fraction` counts iterations."""

    total: int
    finished: int
    fraction: float
    eta_seconds: float | None


class Study(BaseModel):
    """Runs that belong to one question."""

    id: str
    name: str
    preset: str | None
    created_at: datetime
    progress: StudyProgress
    states: dict[str, int]
    runs: list[Run]


class StudyList(BaseModel):
    """The newest studies, newest first, of `total`."""

    studies: list[Study]
    total: int
