"""What training tells its listener: frozen records, plain numbers, ready for JSON.

Sign convention: a cost change below zero is an improvement; `excess` is J_C - d.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CostReport:
    """One cost at one iteration; all quantities per episode.

    `mean`/`se`: true undiscounted cost of this batch and its standard error over episodes.
    `shaped`: mean of C + Δ when cost shaping is on, else None. `excess`: the c of the update.
    `promised`: the in-sample change that the linear model predicts at the accepted step;
    `crossfit`: the same across folds of episodes (None without);
    `surrogate`: change of the surrogate on the batch;
    `measured`: this batch's mean minus the previous batch's (None at the first), of C + Δ when
    cost shaping is on, as are the predictions.
    `epsilon` and `bound`: ε_C and the right-hand side of Proposition 2: theory, not a guarantee.
    """

    name: str
    limit: float
    mean: float
    se: float
    excess: float
    correction: float = 0.0
    penalty: float = 0.0
    nu: float = 0.0
    r: float = 0.0
    s: float = 0.0
    promised: float = 0.0
    crossfit: float | None = None
    surrogate: float = 0.0
    measured: float | None = None
    shaped: float | None = None
    regret: float = 0.0
    explained_variance: float | None = None
    epsilon: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class IterationReport:
    """Iteration k (from 1): the batch drawn with policy k-1, and the update made from it."""

    iteration: int
    env_steps: int
    episodes: int
    episode_length: float
    return_mean: float
    return_se: float
    costs: tuple[CostReport, ...]
    kl: float
    delta: float
    entropy: float
    case: str
    accepted: bool
    line_search_tries: int
    step_fraction: float
    lam: float
    q: float
    promised_return: float
    surrogate_return: float
    measured_return: float | None
    explained_variance: float | None
    seconds_sampling: float
    seconds_update: float
    seconds_values: float
    seconds_total: float
    geometry: Mapping[str, Any] = field(default_factory=dict)
    """`gram`, `S`, `coordinates`, `unconstrained`, `taken`: the update in the (v, w_1..w_m) basis;
    see `cpo_core.learners.base.Update`."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """`cpu_seconds`: processor seconds of `sampling`, `update`, `values` and `total`."""


@dataclass(frozen=True)
class TrainingStarted:
    """First event of a process: the run as it begins or continues after `resumed_iteration`."""

    config: Mapping[str, Any]
    versions: Mapping[str, str]
    resumed_iteration: int = 0


@dataclass(frozen=True)
class CheckpointSaved:
    """A complete checkpoint is on disk (written, fsynced, renamed)."""

    iteration: int
    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class TrainingFinished:
    """Last event: `completed` is False when should_stop ended it early."""

    iteration: int
    completed: bool


Event = TrainingStarted | IterationReport | CheckpointSaved | TrainingFinished


def columns(report: IterationReport) -> dict[str, Any]:
    """The report as flat columns: the names used by the API, the figures and CSV files.

    Per cost `<quantity>_<name>` with quantities cost, cost_se, limit, excess, correction, penalty,
    nu, r, s, promised, crossfit, surrogate, measured, shaped, regret, explained_variance, epsilon,
    bound. `return` is the mean return; `lambda` the trust-region multiplier.
    """
    row: dict[str, Any] = {
        "iteration": report.iteration,
        "env_steps": report.env_steps,
        "episodes": report.episodes,
        "episode_length": report.episode_length,
        "return": report.return_mean,
        "return_se": report.return_se,
        "kl": report.kl,
        "delta": report.delta,
        "entropy": report.entropy,
        "case": report.case,
        "accepted": report.accepted,
        "line_search_tries": report.line_search_tries,
        "step_fraction": report.step_fraction,
        "lambda": report.lam,
        "q": report.q,
        "promised_return": report.promised_return,
        "surrogate_return": report.surrogate_return,
        "measured_return": report.measured_return,
        "explained_variance": report.explained_variance,
        "seconds_sampling": report.seconds_sampling,
        "seconds_update": report.seconds_update,
        "seconds_values": report.seconds_values,
        "seconds_total": report.seconds_total,
    }
    for cost in report.costs:
        row |= _cost_columns(cost)
    return row


def _cost_columns(cost: CostReport) -> dict[str, Any]:
    name = cost.name
    renamed = {f"cost_{name}": cost.mean, f"cost_se_{name}": cost.se, f"limit_{name}": cost.limit}
    rest = (
        "excess", "correction", "penalty", "nu", "r", "s", "promised", "crossfit", "surrogate",
        "measured", "shaped", "regret", "explained_variance", "epsilon", "bound",
    )  # fmt: skip
    return renamed | {f"{quantity}_{name}": getattr(cost, quantity) for quantity in rest}
