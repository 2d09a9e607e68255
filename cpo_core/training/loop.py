"""Training: the paper's Algorithm 1, with reports, checkpoints and an end that can be asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cpo_core.learners.base import Algorithm, Update
from cpo_core.machine.versions import versions
from cpo_core.networks.policy import Policy
from cpo_core.networks.shards import Workers
from cpo_core.networks.value import ValueFunction, fit
from cpo_core.sim.episodes import Array, Batch
from cpo_core.sim.sampler import Sampler
from cpo_core.solvers.limit_tracking import next_corrections
from cpo_core.spec import registry
from cpo_core.spec.config import TrainConfig
from cpo_core.spec.parameters import parse, to_plain
from cpo_core.spec.reports import (
    CheckpointSaved,
    Event,
    IterationReport,
    TrainingFinished,
    TrainingStarted,
)
from cpo_core.tasks.base import Task
from cpo_core.training import checkpoint
from cpo_core.training.estimates import Estimates, estimate
from cpo_core.training.problem import local_problem
from cpo_core.training.reporting import Seconds, Spent, iteration_report
from cpo_core.training.shaping import Predictor, soon
from cpo_core.training.state import State, initial_state, value_generator

Listener = Callable[[Event], object]


class TrainingError(RuntimeError):
    """Training cannot go on; the message names the task and what is wrong with its data."""


@dataclass(frozen=True)
class TrainResult:
    """How training ended; `reports` and the last `checkpoint` written are of this call."""

    completed: bool
    iteration: int
    policy: Policy
    reports: tuple[IterationReport, ...]
    checkpoint: Path | None


def train(
    config: TrainConfig,
    listener: Listener | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    directory: Path | None = None,
    resume: Path | None = None,
) -> TrainResult:
    """Train until `config.iterations`, or until `should_stop()` is true after an earlier iteration.

    `listener` gets the events of `cpo_core.spec.reports` in order. Checkpoints go to
    `directory/checkpoints`, every `config.checkpoint_every` iterations and at the end; without a
    directory there are none. `resume` continues from a checkpoint bit for bit. The result does not
    depend on `config.threads`. Raises CheckpointError, TrainingError, ConfigError.
    """
    tell = listener or (lambda event: None)
    with Training(config, resume) as training:
        tell(TrainingStarted(to_plain(config), versions(), training.state.iteration))
        reports: list[IterationReport] = []
        saved: Path | None = None
        completed = True
        while completed and training.state.iteration < config.iterations:
            reports.append(training.iterate())
            tell(reports[-1])
            last = training.state.iteration == config.iterations
            completed = last or not (should_stop and should_stop())
            if directory and (training.due or not completed):
                event = training.save(directory / "checkpoints")
                saved = Path(event.path)
                tell(event)
        iteration = training.state.iteration
        tell(TrainingFinished(iteration, completed))
        return TrainResult(completed, iteration, training.state.policy, tuple(reports), saved)


class Training:
    """One run in one process: the state, and what moves it on by an iteration."""

    def __init__(self, config: TrainConfig, resume: Path | None = None) -> None:
        self.config = config
        self.task = registry.find_task(config.task)
        self.limits = np.array([config.limits[cost.name] for cost in self.task.costs])
        self.algorithm = _algorithm(config, tuple(self.limits.tolist()))
        self.state = (
            checkpoint.load(resume).state_for(config)
            if resume
            else initial_state(config, self.task, self.algorithm.initial_state())
        )
        with ExitStack() as opened:
            self.workers = opened.enter_context(Workers(config.threads))
            self.sampler = Sampler(
                self.task,
                environments=config.environments or self.task.environments,
                threads=self.workers.threads,
                seed=config.seed,
            )
            opened.callback(self.sampler.close)
            if self.state.sampler:
                self.sampler.load_state(self.state.sampler)
            if self.state.iteration == 0 and config.normalize_observations:
                self._warm_up()
            self._opened = opened.pop_all()

    def __enter__(self) -> Training:
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    @property
    def due(self) -> bool:
        """A checkpoint belongs after this iteration."""
        iteration, config = self.state.iteration, self.config
        return iteration % config.checkpoint_every == 0 or iteration == config.iterations

    def iterate(self) -> IterationReport:
        """One line of Algorithm 1 after another; the state moves on, the report tells of it."""
        clock = Clock()
        batch = self._collect()
        clock.lap("sampling")
        costs = batch.costs + self._risk(batch)
        penalties = self.algorithm.penalties(self.state.algorithm)
        estimates = self._estimate(batch, costs, penalties)
        clock.lap("values")
        excess = np.array(estimates.cost_means) - self.limits
        problem = local_problem(
            self.state.policy, batch, estimates, excess + self.state.corrections,
            self.config, self.state.generators["update"], self.workers,
        )  # fmt: skip
        update = self.algorithm.update(problem, self.state.algorithm)
        clock.lap("update")
        values = self._fit(batch, estimates)
        predictors = self._learn_risk(batch)
        clock.lap("values")
        report = iteration_report(
            self.state, batch, estimates, problem, update, penalties, self.task, self.config,
            clock.seconds(),
        )  # fmt: skip
        self._advance(batch, update, values, predictors, estimates, penalties, report)
        return report

    def save(self, directory: Path) -> CheckpointSaved:
        """Write the state as `directory/000040.ckpt`."""
        path = directory / f"{self.state.iteration:06d}.ckpt"
        return checkpoint.save(path, self.state, self.config)

    def _collect(self) -> Batch:
        """A batch with at least one finished episode: without one there is no J_C, so no update."""
        for _ in range(3):
            batch = self.sampler.collect(self.state.policy.numpy(), self.config.batch_size)
            if batch.episodes:
                _check(batch, self.task)
                return batch
        raise TrainingError(
            f"{self.config.task}: no episode finished in 3 batches of {self.config.batch_size} "
            "steps, so J_C is not known; the task never ends its episodes"
        )

    def _warm_up(self) -> None:
        """Observation statistics from episodes of the untrained policy, before the first update."""
        steps = max(1, self.config.batch_size // 10)
        batch = self.sampler.collect(self.state.policy.numpy(), steps)
        _check(batch, self.task)
        statistics = self.state.policy.statistics
        assert statistics is not None
        policy = replace(self.state.policy, statistics=statistics.including(batch.observations))
        self.state = replace(self.state, policy=policy, env_steps=batch.steps)

    def _risk(self, batch: Batch) -> Array:
        """Δ (m, S): what cost shaping adds to each cost; zeros without it."""
        if not self.state.predictors:
            return np.zeros_like(batch.costs)
        bonus = [p.bonus(batch.observations, self.workers) for p in self.state.predictors]
        return self.config.shaping_alpha * np.stack(bonus)

    def _estimate(self, batch: Batch, costs: Array, penalties: tuple[float, ...]) -> Estimates:
        return estimate(
            batch, costs, penalties, self.state.values, self.task, self.config, self.workers
        )

    def _fit(self, batch: Batch, estimates: Estimates) -> tuple[ValueFunction, ...]:
        """Every value function on its own thread: which thread does not matter."""

        def fitted(row: int) -> ValueFunction:
            generator = self.state.generators[value_generator(row)]
            value, targets = self.state.values[row], estimates.targets[row]
            return fit(value, batch, estimates.inputs, targets, generator)

        return tuple(self.workers.map(fitted, range(len(self.state.values))))

    def _learn_risk(self, batch: Batch) -> tuple[Predictor, ...]:
        config = self.config
        return tuple(
            predictor.fitted(
                batch.observations,
                soon(batch, batch.costs[i], config.shaping_horizon),
                config.shaping_steps,
                self.workers,
            )
            for i, predictor in enumerate(self.state.predictors)
        )

    def _advance(
        self,
        batch: Batch,
        update: Update,
        values: tuple[ValueFunction, ...],
        predictors: tuple[Predictor, ...],
        estimates: Estimates,
        penalties: tuple[float, ...],
        report: IterationReport,
    ) -> None:
        # A rejected update leaves every bit of the policy, observation statistics included.
        policy = self.state.policy
        if update.accepted:
            policy = policy.moved(update.x).observing(batch.observations)
        saturated = not update.accepted or update.case == "recovery"
        self.state = State(
            iteration=report.iteration,
            env_steps=report.env_steps,
            policy=policy,
            values=values,
            predictors=predictors,
            generators=self.state.generators,
            algorithm=update.state,
            sampler=self.sampler.state(),
            corrections=next_corrections(
                self.state.corrections,
                (np.array(estimates.cost_means) - self.limits).tolist(),
                self.limits.tolist(),
                self.config.correction_gain if self.algorithm.keeps_limits else 0.0,
                saturated=saturated and self.state.saturated,
            ),
            saturated=saturated,
            regret=tuple(cost.regret for cost in report.costs),
            previous=(report.return_mean, *estimates.cost_means),
            penalties=penalties,
        )


class Clock:
    """Wall and processor time by phase; a phase may come in several laps."""

    def __init__(self) -> None:
        self._start = self._last = _now()
        self._laps = {phase: np.zeros(2) for phase in ("sampling", "update", "values")}

    def lap(self, phase: str) -> None:
        """What passed since the last lap belongs to `phase`."""
        now = _now()
        self._laps[phase] += now - self._last
        self._last = now

    def seconds(self) -> Spent:
        """All laps so far."""
        total = _now() - self._start
        wall, cpu = (
            Seconds(total=float(total[k]), **{p: float(t[k]) for p, t in self._laps.items()})
            for k in range(2)
        )
        return Spent(wall, cpu)


def _now() -> Array:
    """Wall and processor seconds; the latter of all threads of this process."""
    return np.array([time.perf_counter(), time.process_time()])


def _algorithm(config: TrainConfig, limits: tuple[float, ...]) -> Algorithm:
    found = registry.find_algorithm(config.algorithm)
    return found(parse(found.Options, config.options, prefix="options."), limits)


def _check(batch: Batch, task: Task) -> None:
    """NaN would spread through every later iteration: stop where it comes from."""
    if not (np.isfinite(batch.observations).all() and np.isfinite(batch.final_observations).all()):
        raise TrainingError(f"{task.name}: gave observations that are not finite numbers")
    if not np.isfinite(batch.rewards).all():
        where = _place(batch, ~np.isfinite(batch.rewards))
        raise TrainingError(f"{task.name}: gave a reward that is not a finite number ({where})")
    for cost, values in zip(task.costs, batch.costs, strict=True):
        if not np.isfinite(values).all() or values.min(initial=0.0) < 0:
            bad = ~np.isfinite(values) | (values < 0)
            raise TrainingError(
                f"{task.name}: gave a cost {cost.name!r} that is negative or not a finite number"
                f" ({_place(batch, bad)})"
            )


def _place(batch: Batch, bad: Array) -> str:
    """Where the first true entry of `bad` (S,) lies."""
    row = int(np.argmax(bad))
    episode = int(np.searchsorted(batch.offsets, row, side="right")) - 1
    step = row - int(batch.offsets[episode]) + 1
    return f"step {step} of episode {episode + 1} of the batch"
