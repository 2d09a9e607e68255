"""What the API takes and gives about runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from server.domain.states import RunState
from server.web.schemas.base import Input

Tag = Annotated[StrictStr, Field(min_length=1, max_length=60)]
Name = Annotated[StrictStr, Field(max_length=200)]
Notes = Annotated[StrictStr, Field(max_length=20_000)]
Priority = Annotated[StrictInt, Field(ge=-1000, le=1000)]
Seed = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]


class Resources(Input):
    """What an attempt occupies on a worker: CPU slots and GPUs."""

    slots: Annotated[StrictInt, Field(ge=1, le=1024)] = 1
    gpus: Annotated[StrictInt, Field(ge=0, le=64)] = 0


class RunCreate(Input):
    """A new run; everything but task and algorithm defaults to the task's preset."""

    task: StrictStr
    algorithm: StrictStr
    preset: StrictStr = "default"
    seed: Seed = 0
    config: dict[str, Any] = {}
    name: Name = ""
    tags: Annotated[list[Tag], Field(max_length=30)] = []
    notes: Notes = ""
    priority: Priority = 0
    resources: Resources = Resources()


Seeds = Annotated[list[Seed], Field(min_length=1, max_length=50)]


class RunsCreate(RunCreate):
    """The same new run once per seed; `seed` has no meaning here."""

    seeds: Seeds


class RunPatch(Input):
    """What may be changed of a run at any time."""

    name: Name | None = None
    tags: Annotated[list[Tag], Field(max_length=30)] | None = None
    notes: Notes | None = None
    priority: Priority | None = None


class RunClone(Input):
    """Differences of the clone from its parent; `config` is merged over the parent's."""

    task: StrictStr | None = None
    algorithm: StrictStr | None = None
    preset: StrictStr | None = None
    seed: Seed | None = None
    config: dict[str, Any] = {}
    name: Name | None = None
    tags: Annotated[list[Tag], Field(max_length=30)] | None = None
    notes: Notes | None = None
    priority: Priority | None = None


class RunsClone(RunClone):
    """The same clone once per seed; `seed` has no meaning here."""

    seeds: Seeds


class QueuePlace(Input):
    """Where a queued run should wait: right before or right after another queued run."""

    before: StrictStr | None = None
    after: StrictStr | None = None


class RunCost(BaseModel):
    """A cost of the run with the limit it was given."""

    name: str
    title: str
    limit: float


class LatestCost(BaseModel):
    """Mean cost per episode of the newest batch, its standard error, and the limit."""

    mean: float
    se: float | None
    limit: float


class Latest(BaseModel):
    """The newest iteration in short. `return` is the mean return of its batch."""

    model_config = ConfigDict(populate_by_name=True)

    return_: float = Field(alias="return")
    return_se: float | None
    costs: dict[str, LatestCost]
    kl: float | None
    delta: float | None


class OverLimit(BaseModel):
    """Iterations whose mean cost was over the limit.

    `worst_excess` is the maximum violation J_C - d: below 0 where there was none.
    """

    count: int
    share: float
    longest: int
    first_feasible: int | None
    last: int | None
    worst_excess: float | None


class BestFeasible(BaseModel):
    """The kept policy of highest return with every cost within its limit, by the batch it drew.

    `iteration` is that of its checkpoint; the batch is that of the next iteration.
    """

    model_config = ConfigDict(populate_by_name=True)

    iteration: int
    return_: float = Field(alias="return")


class Summary(BaseModel):
    """The run so far. `regret` is Σ max(0, J_C - d) by cost."""

    over_limit: dict[str, OverLimit]
    regret: dict[str, float]
    best_feasible: BestFeasible | None


class VideoState(BaseModel):
    """Whether the run has videos; `message` says why not, and the remedy."""

    available: bool
    message: str


class Run(BaseModel):
    """A run as the page shows it. Times are UTC; `expected_start` only while queued."""

    id: str
    name: str
    state: RunState
    reason: str
    task: str
    algorithm: str
    preset: str
    seed: int
    config: dict[str, Any]
    costs: list[RunCost]
    tags: list[str]
    notes: str
    priority: int
    resources: Resources
    parent_id: str | None
    study_id: str | None
    owner: str
    attempt: int
    max_attempts: int
    iteration: int
    iterations: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deleted_at: datetime | None
    queue_position: int | None
    expected_start: datetime | None
    eta_seconds: float | None
    latest: Latest | None
    summary: Summary
    video: VideoState
    versions: dict[str, str]
    worker_id: str | None
    moves: list[str]
    """The moves allowed now: pause, resume, stop, retry, delete; of a deleted run: restore."""


class RunList(BaseModel):
    """One page of runs; `total` counts all that match."""

    runs: list[Run]
    total: int


class Estimate(BaseModel):
    """How long such a run takes here, from the last runs like it; None when none was seen."""

    seconds: float | None
    based_on: int
    config: dict[str, Any]


class RunEvent(BaseModel):
    """Something that happened to a run."""

    id: int
    at: datetime
    kind: str
    message: str
    data: dict[str, Any]


class RunEventList(BaseModel):
    """History of a run, oldest first."""

    events: list[RunEvent]
