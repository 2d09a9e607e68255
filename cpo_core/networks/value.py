"""Value functions: for the reward and for each cost, what is still to come in the episode.

Each is a tanh network on standardised inputs with a standardised output. Where the sum ends with
the episode, the share of the horizon that is left is one more input: without it what is still to
come cannot be told from the observation (docs/adr/0009). A value function is fitted after the
advantages of a batch were computed, so that it never has seen the batch it judges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from cpo_core.networks.adam import Adam
from cpo_core.networks.mlp import Mlp, Tensor, rescale_inputs, rescale_outputs, to_tensor
from cpo_core.networks.moments import Statistics, standardize
from cpo_core.networks.shards import Workers, shards
from cpo_core.sim.episodes import Array, Batch
from cpo_core.spec.config import TrainConfig
from cpo_core.tasks.base import Task

MINIBATCH = 1024
LEARNING_RATE = 3e-3
MOST_EPOCHS = 5
JUDGES = 0.2
"""Share of the episodes that judge a fit instead of taking part in it."""


@dataclass(frozen=True)
class ValueFunction:
    """Network, flat parameters, and the statistics that standardise its inputs and output."""

    mlp: Mlp
    theta: Tensor
    inputs: Statistics
    output: Statistics

    @staticmethod
    def initial(
        input_size: int, hidden: tuple[int, ...], generator: np.random.Generator
    ) -> ValueFunction:
        """A value function that is zero everywhere until it is first fitted."""
        mlp = Mlp((input_size, *hidden, 1))
        theta = mlp.initial(generator, last_scale=0.0)
        return ValueFunction(mlp, theta, Statistics.unit(input_size), Statistics.unit(1))

    def predict(self, features: Array, workers: Workers) -> Array:
        """Values (S,) float64 at `features` (S, k >= inputs) float32; the first columns count."""
        parts = workers.map(
            lambda rows: self.mlp.output(self.theta, self.standardized(features[rows])),
            shards(len(features)),
        )
        if not parts:
            return np.zeros(0)
        raw = torch.cat(parts)[:, 0].double().numpy()
        return raw * self.output.std[0] + self.output.mean[0]

    def standardized(self, features: Array) -> Tensor:
        """The network's inputs."""
        return standardize(self._own(features), self.inputs)

    def _own(self, features: Array) -> Array:
        return features[:, : self.mlp.sizes[0]]

    def seeing(self, features: Array, targets: Array) -> ValueFunction:
        """The same function with statistics that include the new batch.

        Before the first fit there is no function to keep: it becomes the mean of the targets.
        """
        inputs = self.inputs.including(self._own(features))
        output = self.output.including(targets[:, None])
        if self.output.count == 0:
            return ValueFunction(self.mlp, self.theta, inputs, output)
        theta = rescale_inputs(
            self.mlp,
            self.theta,
            inputs.std / self.inputs.std,
            (inputs.mean - self.inputs.mean) / self.inputs.std,
        )
        scale = float(output.std[0] / self.output.std[0])
        shift = float((output.mean[0] - self.output.mean[0]) / self.output.std[0])
        theta = rescale_outputs(self.mlp, theta, scale, shift)
        return ValueFunction(self.mlp, theta, inputs, output)


def ends_with_episode(task: Task, config: TrainConfig, row: int) -> bool:
    """Whether value `row` (0: the reward, then each cost) sums to the end of the episode only.

    That is so for everything in a finite-horizon task, and for undiscounted costs in any: their
    limit is per episode, so what an endless continuation would cost does not belong to them, and
    bootstrapping it would make b_i the gradient of something else than J_Ci.
    """
    return task.finite_horizon or (row > 0 and config.cost_gamma == 1.0)


def features(batch: Batch, horizon: int) -> tuple[Array, Array]:
    """Inputs at each step (S, obs+1) and after each episode (E, obs+1): the time left is last."""
    step = np.arange(batch.steps) - np.repeat(batch.offsets[:-1], batch.lengths)
    left = (1 - step / horizon).astype(np.float32)
    left_after = (1 - batch.lengths / horizon).astype(np.float32)
    return (
        np.column_stack([batch.observations, left]),
        np.column_stack([batch.final_observations, left_after]),
    )


def fit(
    value: ValueFunction,
    batch: Batch,
    features: Array,
    targets: Array,
    generator: np.random.Generator,
) -> ValueFunction:
    """Least squares on `targets` (S,) by minibatch Adam, for as long as other episodes gain by it.

    A fifth of the episodes takes no part and judges after each epoch; the fit ends when they no
    longer gain, and what served them best is kept, be it what was there before. Returns of long
    episodes are few and mostly noise, and a fixed number of epochs either learns that noise or,
    on short episodes, stops long before everything is learned. One thread does the whole fit.
    """
    value = value.seeing(features, targets)
    inputs = value.standardized(features)
    aims = to_tensor((targets - value.output.mean[0]) / value.output.std[0])[:, None]
    pupils, judges = (torch.from_numpy(rows) for rows in _split(batch, generator))
    theta, adam = value.theta.clone(), Adam.fresh(len(value.theta))
    best, least = value.theta, _loss(value.mlp, value.theta, inputs[judges], aims[judges])
    for epoch in range(MOST_EPOCHS):
        order = pupils[torch.from_numpy(generator.permutation(len(pupils)))]
        for rows in order.split(MINIBATCH):
            gradient = _gradient(value.mlp, theta, inputs[rows], aims[rows])
            theta += adam.step(gradient, LEARNING_RATE / (1 + epoch))
        loss = _loss(value.mlp, theta, inputs[judges], aims[judges])
        if not loss < least:
            break
        best, least = theta.clone(), loss
    return replace(value, theta=best)


def _split(batch: Batch, generator: np.random.Generator) -> tuple[Array, Array]:
    """Steps of the episodes that are learned from, and of those that judge (all if but one)."""
    judging = np.zeros(batch.episodes, dtype=bool)
    count = max(1, round(JUDGES * batch.episodes))
    judging[generator.permutation(batch.episodes)[:count]] = True
    steps = np.repeat(judging, batch.lengths)
    pupils, judges = np.flatnonzero(~steps), np.flatnonzero(steps)
    return (pupils if len(pupils) else judges), judges


def _loss(mlp: Mlp, theta: Tensor, inputs: Tensor, aims: Tensor) -> float:
    return float((mlp.output(theta, inputs) - aims).square().mean(dtype=torch.float64))


def explained_variance(predictions: Array, targets: Array) -> float | None:
    """1 - Var(target - prediction) / Var(target); None when the targets do not vary."""
    variance = float(targets.var())
    if variance == 0.0:
        return None
    return 1.0 - float((targets - predictions).var()) / variance


def _gradient(mlp: Mlp, theta: Tensor, inputs: Tensor, aims: Tensor) -> Tensor:
    at = mlp.forward(theta, inputs)
    residual = (at.output - aims) / len(aims)
    return mlp.vjp(theta, at, residual.unsqueeze(1))[0]
