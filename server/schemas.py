"""What the API takes and gives. The page's TypeScript types are generated from these models."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, field_validator

Scalar = float | int | str | bool | None
Integer = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A count or an iteration in an address: as large as PostgreSQL's columns for them."""
Columns = dict[str, list[Scalar]]
"""Equally long arrays by column name (see cpo_core.events.columns)."""


class RunState(StrEnum):
    """Where a run is in its life. `server.services.lifecycle` holds the allowed moves."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Input(BaseModel):
    """A request body: unknown fields are refused by name, and texts that no database can keep."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if isinstance(text, str) and not _storable(text):
                raise ValueError("must not hold a zero byte or half a surrogate pair")
        return value


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


class FieldProblem(BaseModel):
    """One thing wrong with one field; `field` is a dotted path such as `config.limits.outside`."""

    field: str
    message: str


class Problem(BaseModel):
    """An error as RFC 9457 has it, with every offending field."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


# -- health, session, workers ------------------------------------------------------------------


class Rendering(BaseModel):
    """Whether videos can be drawn here; `message` names the remedy when they cannot."""

    backend: str | None
    message: str


class Health(BaseModel):
    """State of the service. `disk_free` in bytes of the artifact store's file system."""

    status: Literal["ok", "degraded"]
    version: str
    database: str
    workers: int
    disk_free: int
    rendering: Rendering


class Session(BaseModel):
    """Who the caller is. `required`: this server wants a token."""

    owner: str | None
    required: bool


class SessionCreate(Input):
    """Exchange of a token for a cookie, for browsers."""

    token: StrictStr


class Worker(BaseModel):
    """A process that runs attempts. `state` is `lost` when its heartbeat is overdue."""

    id: str
    host: str
    pid: int
    state: Literal["running", "stopping", "stopped", "lost"]
    executor: str
    slots: int
    gpus: int
    running: list[str]
    started_at: datetime
    heartbeat_at: datetime
    version: str


class WorkerList(BaseModel):
    """All workers seen lately."""

    workers: list[Worker]


# -- catalog ------------------------------------------------------------------------------------


class CatalogCost(BaseModel):
    """A cost of a task with its default limit."""

    name: str
    title: str
    limit: float
    unit: str
    help: str


class CatalogPreset(BaseModel):
    """Named settings of a task; `config` is the complete configuration it gives with CPO."""

    title: str
    help: str
    config: dict[str, Any]


class CatalogTask(BaseModel):
    """A task as people choose it."""

    name: str
    title: str
    summary: str
    source: str
    deviations: list[str]
    costs: list[CatalogCost]
    horizon: int
    observation_size: int
    action_size: int
    presets: dict[str, CatalogPreset]


class CatalogAlgorithm(BaseModel):
    """An algorithm; `options_schema` is the JSON Schema of its own options."""

    name: str
    title: str
    summary: str
    options_schema: dict[str, Any]


class CatalogStudy(BaseModel):
    """A ready-made comparison."""

    name: str
    title: str
    summary: str
    runs: int


class Catalog(BaseModel):
    """All that the launch form needs."""

    tasks: list[CatalogTask]
    algorithms: list[CatalogAlgorithm]
    config_schema: dict[str, Any]
    studies: list[CatalogStudy]


# -- runs ---------------------------------------------------------------------------------------

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
    """Iterations whose mean cost was over the limit. `worst_excess` is max(J_C - d), may be < 0."""

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


# -- metrics, figures ---------------------------------------------------------------------------


class Metrics(BaseModel):
    """Columns of one run. `total` rows exist after `after`; fewer are given when downsampled."""

    columns: Columns
    total: int
    last_iteration: int


class RunsMetrics(BaseModel):
    """Chosen columns of several runs, by run id."""

    runs: dict[str, Metrics]


class Geometry(BaseModel):
    """The update of one iteration, for the drawing: see cpo_core.events.IterationReport."""

    iteration: int
    case: str
    accepted: bool
    fraction: float
    delta: float
    geometry: dict[str, Any]
    columns: dict[str, Scalar]
    next: dict[str, Scalar] | None
    """The columns of the next iteration, whose batch shows what the update did; None before it."""


class FigureInfo(BaseModel):
    """A figure that can be drawn for this run."""

    name: str
    title: str
    cost: str | None


class FigureList(BaseModel):
    """The figures of a run."""

    figures: list[FigureInfo]


class Figure(BaseModel):
    """A Plotly figure in its JSON form."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


# -- artifacts ----------------------------------------------------------------------------------


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


class Log(BaseModel):
    """The last lines of a run's log."""

    lines: list[str]
    truncated: bool


# -- studies ------------------------------------------------------------------------------------


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


# -- the event stream ---------------------------------------------------------------------------


class MetricsEvent(BaseModel):
    """New rows of one run, those after iteration `after`.

    `back`: a resumed run has stepped back to its checkpoint, so rows > `after` that are held are
    void. Without it rows never change: what is held already can be left as it is.
    """

    run_id: str
    after: int
    back: bool
    columns: Columns


class VideoEvent(BaseModel):
    """A video is ready, or drawing it failed (`problem`)."""

    run_id: str
    name: str | None
    iteration: int | None
    problem: str | None


class AlertDelivery(BaseModel):
    """An alert on its way to one webhook."""

    url: str
    state: Literal["waiting", "sent", "failed"]
    tries: int
    problem: str


class Alert(BaseModel):
    """Something worth telling: `over` a limit, run `failed`, run `done`, or a `test`."""

    id: int
    kind: Literal["over", "failed", "done", "test"]
    run_id: str | None
    run_name: str
    message: str
    created_at: datetime
    seen: bool
    deliveries: list[AlertDelivery]


class QueueEvent(BaseModel):
    """The queue in order of claims."""

    run_ids: list[str]


class HelloEvent(BaseModel):
    """The stream is open. `resumed`: nothing is left out since the given Last-Event-ID."""

    resumed: bool


class StreamEvent(BaseModel):
    """What `GET /api/events` sends, by event name: the `data` of each message."""

    hello: HelloEvent
    run: Run
    metrics: MetricsEvent
    video: VideoEvent
    workers: WorkerList
    queue: QueueEvent
    alert: Alert
    reset: dict[str, Any]
    """Too many events were missed: load everything anew."""
