"""What a batch says of the policy that drew it: J, J_C, advantages, and targets for the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cpo_core.networks.shards import Workers
from cpo_core.networks.value import ValueFunction, ends_with_episode, explained_variance, features
from cpo_core.sim.episodes import Array, Batch
from cpo_core.spec.config import TrainConfig
from cpo_core.tasks.base import Task
from cpo_core.training import gae


@dataclass(frozen=True)
class Estimates:
    """Advantages and their value functions' targets; row 0 the reward, then each cost.

    `reward_advantages` (S,) are standardised, `reward_scale` what they were divided by;
    `cost_advantages` (m, S) are centred only. `cost_means` (m,) is J_C of the newest batch, per
    episode, with shaping where that is on. `inputs` (S, k) and `targets` (1+m, S) are what the
    value functions are fitted to next; `explained` what they explained of this batch.
    """

    reward_advantages: Array
    reward_scale: float
    cost_advantages: Array
    cost_means: tuple[float, ...]
    inputs: Array
    targets: Array
    explained: tuple[float | None, ...]


def estimate(
    batch: Batch,
    costs: Array,
    penalties: Sequence[float],
    values: Sequence[ValueFunction],
    task: Task,
    config: TrainConfig,
    workers: Workers,
) -> Estimates:
    """`costs` (m, S) are the costs to be limited (shaped where shaping is on).

    The reward is R - Σ ν_i C_i with `penalties` ν_i (zero for CPO).
    """
    inputs, final_inputs = features(batch, task.horizon)
    penalised = batch.rewards - np.asarray(penalties, float) @ costs
    advantages, targets, explained = [], [], []
    for row, (per_step, value) in enumerate(zip([penalised, *costs], values, strict=True)):
        gamma = config.cost_gamma if row else config.gamma
        lam = config.cost_lam if row else config.lam
        predicted = value.predict(inputs, workers)
        ends = ends_with_episode(task, config, row)
        final = gae.final_values(batch, value.predict(final_inputs, workers), ends)
        advantages.append(gae.advantages(batch, per_step, predicted, final, gamma, lam))
        targets.append(gae.returns(batch, per_step, final, gamma))
        explained.append(explained_variance(predicted, targets[-1]))
    reward, scale = gae.standardized(advantages[0])
    return Estimates(
        reward_advantages=reward,
        reward_scale=scale,
        cost_advantages=np.stack([gae.centred(a) for a in advantages[1:]]),
        cost_means=tuple(batch.episode_sums(costs).mean(axis=1).tolist()),
        inputs=inputs,
        targets=np.stack(targets),
        explained=tuple(explained),
    )
