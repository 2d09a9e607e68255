"""What the API gives of videos, policies and logs."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from server.web.schemas.runs import LatestCost


class Video(BaseModel):
    """A rollout video. `return` and `costs` are of that one rollout; `size` in bytes."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    iteration: int
    url: str
    record_url: str
    return_: float = Field(alias="return")
    costs: dict[str, float]
    fps: float
    frames: int
    size: int
    created_at: datetime


class VideoList(BaseModel):
    """Videos in order of iteration; `problem` says why drawing fails, when it does."""

    videos: list[Video]
    problem: str | None


class Policy(BaseModel):
    """A downloadable policy; `sha256` and `size` are known once it has been exported."""

    format: str
    title: str
    iteration: int
    url: str
    size: int | None
    sha256: str | None
    filename: str
    install: str
    """The command that installs what the snippet needs."""
    snippet: str
    """A program that runs the file."""


class Kept(BaseModel):
    """A checkpoint that is kept. The figures are of the batch that its policy drew, when it did."""

    model_config = ConfigDict(populate_by_name=True)

    iteration: int
    sha256: str
    size: int
    return_: float | None = Field(alias="return")
    return_se: float | None
    costs: dict[str, LatestCost]


class PolicyList(BaseModel):
    """What can be downloaded: every format of every checkpoint that is kept, newest first."""

    policies: list[Policy]
    iterations: list[int]
    best_feasible: int | None
    best_return: int | None
    checkpoints: list[Kept]


class Log(BaseModel):
    """The last lines of a run's log."""

    lines: list[str]
    truncated: bool
