"""Turns one iteration's batch, estimates and update into the report that listeners get."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from cpo_core.learners.base import Update
from cpo_core.sim.episodes import Array, Batch
from cpo_core.spec.config import TrainConfig
from cpo_core.spec.reports import CostReport, IterationReport
from cpo_core.tasks.base import Task
from cpo_core.training.estimates import Estimates
from cpo_core.training.problem import BatchProblem
from cpo_core.training.state import State


@dataclass(frozen=True)
class Seconds:
    """Seconds of the phases of one iteration."""

    sampling: float
    update: float
    values: float
    total: float


@dataclass(frozen=True)
class Spent:
    """Wall time, and time of all processors, of one iteration."""

    wall: Seconds
    cpu: Seconds


def summary(per_episode: Array) -> tuple[float, float]:
    """Mean and its standard error over episodes (0 for a single episode)."""
    n = len(per_episode)
    spread = float(per_episode.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return float(per_episode.mean()), spread


def iteration_report(
    state: State,
    batch: Batch,
    estimates: Estimates,
    problem: BatchProblem,
    update: Update,
    penalties: tuple[float, ...],
    task: Task,
    config: TrainConfig,
    spent: Spent,
) -> IterationReport:
    """`state` is the one before this iteration; signs and units as in `cpo_core.spec.reports`."""
    mean, se = summary(batch.episode_sums(batch.rewards))
    length = batch.steps / batch.episodes
    per_return = estimates.reward_scale * length
    return IterationReport(
        iteration=state.iteration + 1,
        env_steps=state.env_steps + batch.steps,
        episodes=batch.episodes,
        episode_length=length,
        return_mean=mean,
        return_se=se,
        costs=_cost_reports(state, batch, estimates, problem, update, penalties, task, config),
        kl=update.evaluation.kl,
        delta=config.delta,
        entropy=state.policy.entropy(batch.observations),
        case=str(update.case),
        accepted=update.accepted,
        line_search_tries=update.tries,
        step_fraction=update.fraction,
        lam=update.lam,
        q=update.q,
        promised_return=update.promised_reward * per_return,
        surrogate_return=update.evaluation.reward * per_return,
        measured_return=_measured_return(state, estimates, mean),
        explained_variance=estimates.explained[0],
        seconds_sampling=spent.wall.sampling,
        seconds_update=spent.wall.update,
        seconds_values=spent.wall.values,
        seconds_total=spent.wall.total,
        geometry={
            "gram": update.gram,
            "S": update.S,
            "coordinates": update.coordinates,
            "unconstrained": update.unconstrained,
            "taken": update.taken,
        },
        extras={"cpu_seconds": asdict(spent.cpu)},
    )


def _measured_return(state: State, estimates: Estimates, mean: float) -> float | None:
    """Change since the batch before, of R - Σ ν_i C_i where costs are penalised.

    Predictions and surrogates of those algorithms are of the penalised return, so what they are
    compared with is too, at the ν and with the shaped costs of the update that predicted.
    """
    if state.previous is None:
        return None
    costs = np.array(estimates.cost_means) - np.array(state.previous[1:])
    return mean - state.previous[0] - float(np.asarray(state.penalties) @ costs)


def _cost_reports(
    state: State,
    batch: Batch,
    estimates: Estimates,
    problem: BatchProblem,
    update: Update,
    penalties: tuple[float, ...],
    task: Task,
    config: TrainConfig,
) -> tuple[CostReport, ...]:
    epsilons = problem.surrogates.largest_advantages(update.x)
    reports = []
    for i, cost in enumerate(task.costs):
        mean, se = summary(batch.episode_sums(batch.costs[i]))
        aimed = estimates.cost_means[i]
        limit = config.limits[cost.name]
        reports.append(
            CostReport(
                name=cost.name,
                limit=limit,
                mean=mean,
                se=se,
                excess=float(problem.c[i]),
                correction=state.corrections[i],
                penalty=penalties[i],
                nu=_entry(update.nu, i),
                r=_entry(update.r, i),
                s=update.S[i][i] if update.S else 0.0,
                promised=_entry(update.promised_costs, i),
                crossfit=None if update.crossfit_costs is None else update.crossfit_costs[i],
                surrogate=update.evaluation.costs[i],
                measured=None if state.previous is None else aimed - state.previous[1 + i],
                shaped=aimed if state.predictors else None,
                regret=state.regret[i] + max(0.0, mean - limit),
                explained_variance=estimates.explained[1 + i],
                epsilon=epsilons[i],
                bound=_bound(
                    max(limit, aimed + update.evaluation.costs[i]), epsilons[i], task, config
                ),
            )
        )
    return tuple(reports)


def worst_case(start: float, epsilon: float, delta: float, horizon: int) -> float:
    """Largest J_C that theory allows the new policy: `start` + T (T - 1) sqrt(2 δ) ε_C.

    Proposition 2 for an undiscounted sum over T steps: with D_k the total variation at step k, the
    states of step t differ by at most 2 Σ_{k<t} D_k, and Σ_k D_k <= T sqrt(δ/2) by Pinsker; the sum
    over t is largest when all of it lies at k = 0. (At T = 1/(1 - γ) this is the paper's
    γ / (1 - γ)², times T.) `start` is the limit, or more where the policy is over it and the
    surrogate does not promise to be back (Corollary 2). `delta` is the mean KL over the T steps.
    """
    return start + epsilon * math.sqrt(2 * delta) * horizon * (horizon - 1)


def _bound(start: float, epsilon: float, task: Task, config: TrainConfig) -> float | None:
    """None for discounted costs: their bound is of a discounted sum, which the limit is not of."""
    if config.cost_gamma < 1:
        return None
    return worst_case(start, epsilon, config.delta, task.horizon)


def _entry(values: tuple[float, ...], i: int) -> float:
    return float(np.asarray(values)[i]) if len(values) else 0.0
