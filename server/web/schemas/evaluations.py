"""What the API takes and gives about evaluations of policies and replays of rollouts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from server.web.schemas.base import Input
from server.web.schemas.runs import LatestCost, Seed

Limit = Annotated[StrictFloat | StrictInt, Field(ge=0, allow_inf_nan=False)]


class EvaluationCreate(Input):
    """A policy to be measured. Left out: the newest checkpoint, the run's own task and limits."""

    iteration: Annotated[StrictInt, Field(ge=0)] | None = None
    episodes: Annotated[StrictInt, Field(ge=1, le=10_000)] = 100
    seed: Seed = 0
    deterministic: StrictBool = False
    """Take the mean action instead of sampling as in training."""
    task: StrictStr | None = None
    limits: dict[StrictStr, Limit] = Field(default_factory=dict)


class EvaluationResult(BaseModel):
    """Means over `episodes` whole episodes with their standard errors; `return` undiscounted."""

    model_config = ConfigDict(populate_by_name=True)

    episodes: int
    episode_length: float
    return_: float = Field(alias="return")
    return_se: float | None
    costs: dict[str, LatestCost]


class Evaluation(BaseModel):
    """A measurement, from the wish for it to its result; `problem` says why it failed."""

    id: str
    run_id: str
    iteration: int
    task: str
    episodes: int
    seed: int
    deterministic: bool
    limits: dict[str, float]
    state: Literal["waiting", "running", "ready", "failed"]
    problem: str
    result: EvaluationResult | None
    created_at: datetime
    finished_at: datetime | None


class EvaluationList(BaseModel):
    """Measurements of a run's policies, newest first; `tasks` have the same shape as its own."""

    evaluations: list[Evaluation]
    tasks: list[str]


class Replay(BaseModel):
    """A recorded rollout. `url` gives its states; they are kept also where no video is rendered."""

    model_config = ConfigDict(populate_by_name=True)

    iteration: int
    url: str
    return_: float = Field(alias="return")
    costs: dict[str, float]
    frames: int
    video: bool


class ReplayList(BaseModel):
    """Recorded rollouts in order of iteration."""

    replays: list[Replay]
