"""The tables. All times are seconds since 1970 by the database's clock (server.db.now)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BigId = BigInteger().with_variant(Integer, "sqlite")
Time = Mapped[float]
MaybeTime = Mapped[float | None]


class Base(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON,
        str: Text,
        float: Float(53),
    }


class StoreIdentity(Base):
    """Which artifact store belongs to this database; one row (services/files/store_identity.py)."""

    __tablename__ = "store"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    marked: Mapped[bool] = mapped_column(default=False)
    """The store has been given its marker: a store without it is the wrong one, or not mounted."""


class Study(Base):
    """Runs that answer one question together."""

    __tablename__ = "studies"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str]
    preset: Mapped[str | None]
    owner: Mapped[str]
    created_at: Time


class Run(Base):
    """A run, which is also its own job row: queued rows are the queue.

    `token` grows by one at each claim (the fencing token); `lease_until` is set while an attempt
    holds the run. `losses` counts attempts lost since the newest checkpoint moved on.
    """

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    reason: Mapped[str] = mapped_column(default="")
    task: Mapped[str]
    algorithm: Mapped[str]
    preset: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    config: Mapped[dict[str, Any]]
    name: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    notes: Mapped[str] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(String(16))
    study_id: Mapped[str | None] = mapped_column(ForeignKey("studies.id"), index=True)

    slots: Mapped[int] = mapped_column(default=1)
    gpus: Mapped[int] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    worker_id: Mapped[str | None] = mapped_column(String(40))
    lease_until: MaybeTime
    losses: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    asked_at: MaybeTime
    """When the run was asked to pause or stop; after the grace period it is killed."""

    created_at: Time
    queued_at: Time
    started_at: MaybeTime
    finished_at: MaybeTime
    deleted_at: MaybeTime

    iteration: Mapped[int] = mapped_column(default=0)
    iterations: Mapped[int]
    elapsed_seconds: Mapped[float] = mapped_column(default=0.0)
    """Seconds of training up to `iteration`."""
    latest: Mapped[dict[str, Any] | None]
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    versions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    video_problem: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index("ix_runs_queue", "state", "priority", "queued_at"),
        Index("ix_runs_created_at", "created_at"),
    )


class Attempt(Base):
    """One claim of a run: who held it with which token, and how it ended."""

    __tablename__ = "attempts"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    token: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[str] = mapped_column(String(40))
    claimed_at: Time
    ended_at: MaybeTime
    outcome: Mapped[str] = mapped_column(default="")


class Metric(Base):
    """One iteration of one run: the columns of cpo_core.spec.reports.columns.

    `costs` holds the columns of every cost (`cost_<name>`, `limit_<name>`, …).
    """

    __tablename__ = "metrics"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    iteration: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[int]
    created_at: Time
    env_steps: Mapped[int] = mapped_column(BigInteger)
    episodes: Mapped[int]
    episode_length: Mapped[float | None]
    return_: Mapped[float | None] = mapped_column("return")
    return_se: Mapped[float | None]
    kl: Mapped[float | None]
    delta: Mapped[float | None]
    entropy: Mapped[float | None]
    case: Mapped[str]
    accepted: Mapped[bool]
    line_search_tries: Mapped[int]
    step_fraction: Mapped[float | None]
    lambda_: Mapped[float | None] = mapped_column("lambda")
    q: Mapped[float | None]
    promised_return: Mapped[float | None]
    surrogate_return: Mapped[float | None]
    measured_return: Mapped[float | None]
    explained_variance: Mapped[float | None]
    seconds_sampling: Mapped[float | None]
    seconds_update: Mapped[float | None]
    seconds_values: Mapped[float | None]
    seconds_total: Mapped[float | None]
    elapsed_seconds: Mapped[float]
    costs: Mapped[dict[str, Any]]
    geometry: Mapped[dict[str, Any]]
    extras: Mapped[dict[str, Any]]


class Checkpoint(Base):
    """A complete checkpoint file; `path` is relative to the data directory."""

    __tablename__ = "checkpoints"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    iteration: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[int]
    path: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Time


class Video(Base):
    """A rollout video, from the wish for it to the file; paths are relative to the data directory.

    `checkpoint` is a link of its own to the weights, so that tidying up cannot take them away.
    """

    __tablename__ = "videos"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    iteration: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """waiting, ready, failed, or recorded: kept as states, for want of OpenGL to draw it."""
    checkpoint: Mapped[str]
    lease_until: MaybeTime
    tries: Mapped[int] = mapped_column(default=0)
    path: Mapped[str] = mapped_column(default="")
    return_: Mapped[float | None] = mapped_column("return")
    costs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fps: Mapped[float] = mapped_column(default=0.0)
    frames: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Time


class Event(Base):
    """Append-only: what happened, in the order in which it became visible."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Time
    kind: Mapped[str] = mapped_column(String(16))
    run_id: Mapped[str | None] = mapped_column(String(16), index=True)
    message: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = ({"sqlite_autoincrement": True},)


class Worker(Base):
    """A process that runs attempts."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    executor: Mapped[str] = mapped_column(String(16))
    slots: Mapped[int]
    gpus: Mapped[int]
    version: Mapped[str]
    rendering: Mapped[str] = mapped_column(default="")
    """Name of the GL backend; empty when videos cannot be rendered there."""
    rendering_problem: Mapped[str] = mapped_column(default="")
    started_at: Time
    heartbeat_at: Time


class Token(Base):
    """A token's hash and whose it is."""

    __tablename__ = "tokens"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str]
    created_at: Time


class Evaluation(Base):
    """A policy measured on new episodes: from the wish for it to its result.

    `checkpoint` is a link of its own to the weights; `limits` are the bounds that it is judged by.
    """

    __tablename__ = "evaluations"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    iteration: Mapped[int]
    checkpoint: Mapped[str]
    task: Mapped[str]
    episodes: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    deterministic: Mapped[bool]
    limits: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """waiting, running, ready or failed."""
    lease_until: MaybeTime
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any] | None]
    created_at: Time
    finished_at: MaybeTime


class AlertRule(Base):
    """What to tell people of: `kind` is over, failed or done; `run_id` empty means every run."""

    __tablename__ = "alert_rules"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    iterations: Mapped[int] = mapped_column(default=0)
    """With `over`: so many iterations over the limit in a row."""
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    webhook: Mapped[str] = mapped_column(default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Time


class Alert(Base):
    """Something that a rule found. `key` names the occurrence, so that each is told once."""

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    run_id: Mapped[str | None] = mapped_column(
        ForeignKey("runs.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str] = mapped_column(String(80), unique=True)
    message: Mapped[str]
    created_at: Time
    seen_at: MaybeTime

    __table_args__ = ({"sqlite_autoincrement": True},)


class Delivery(Base):
    """An alert on its way to one webhook; tried again until it arrives or `tries` is used up."""

    __tablename__ = "deliveries"
    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True
    )
    url: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """waiting, sent or failed."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Time
    problem: Mapped[str] = mapped_column(default="")


class AlertCursor(Base):
    """The newest event that the rules have been held against; one row."""

    __tablename__ = "alert_cursor"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger)
