"""How a trained policy does on episodes it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cpo_core.sim.sampler import Sampler
from cpo_core.spec import registry
from cpo_core.spec.parameters import ConfigError, Problem
from cpo_core.tasks.base import Task
from cpo_core.training import checkpoint
from cpo_core.training.reporting import summary

SEED_OFFSET = 1_000_003
"""Keeps evaluation episodes apart from training episodes of the same seed."""


@dataclass(frozen=True)
class Performance:
    """Means over `episodes` with standard errors; `costs` by name: (mean, se, limit)."""

    episodes: int
    episode_length: float
    return_mean: float
    return_se: float
    costs: Mapping[str, tuple[float, float, float]]

    def to_json(self) -> dict[str, Any]:
        """As `cpo-core evaluate --json` prints it; a standard error that is not known is null."""
        return {
            "episodes": self.episodes,
            "episode_length": self.episode_length,
            "return": self.return_mean,
            "return_se": _known(self.return_se),
            "costs": {
                name: {"mean": mean, "se": _known(se), "limit": limit}
                for name, (mean, se, limit) in self.costs.items()
            },
        }


def evaluate(
    path: Path,
    episodes: int = 100,
    *,
    seed: int = 0,
    deterministic: bool = False,
    threads: int = 0,
    task: str | None = None,
) -> Performance:
    """Run at least `episodes` episodes of the policy in checkpoint `path`, on its own task or on
    another one whose observations and actions have the same sizes.

    Actions are sampled as in training, which is what the limits are about; `deterministic` takes
    the likeliest action. Where episodes can end early some more are run, and all that were begun
    count.
    Costs that the run knows are held against its limits, others against the task's.
    Raises CheckpointError, ConfigError for an unknown task or one of another shape.
    """
    found = checkpoint.load(path)
    wanted = _task(found.config.task, task or found.config.task)
    policy = found.state.policy.numpy()
    if deterministic:
        policy = replace(policy, deterministic=True)
    sampler = Sampler(
        wanted,
        environments=min(episodes, found.config.environments or wanted.environments),
        threads=threads,
        seed=seed + SEED_OFFSET,
    )
    try:
        batch = sampler.collect(policy, episodes * wanted.horizon)
    finally:
        sampler.close()
    mean, se = summary(batch.episode_sums(batch.rewards))
    sums = batch.episode_sums(batch.costs)
    costs = {
        cost.name: (*summary(row), found.config.limits.get(cost.name, cost.limit))
        for cost, row in zip(wanted.costs, sums, strict=True)
    }
    return Performance(batch.episodes, batch.steps / batch.episodes, mean, se, costs)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _task(own: str, wanted: str) -> Task:
    trained, task = registry.find_task(own), registry.find_task(wanted)
    if (trained.observation_size, trained.action_size) != (task.observation_size, task.action_size):
        raise ConfigError(
            [
                Problem(
                    "task",
                    f"{wanted} has {task.observation_size} observations and {task.action_size} "
                    f"actions, the policy was trained with {trained.observation_size} and "
                    f"{trained.action_size} on {own}",
                )
            ]
        )
    return task
