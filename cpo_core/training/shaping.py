"""Cost shaping (section 6.3): C+ = C + Δ, with Δ the predicted risk of a cost soon to come.

Δ = α * probability, as a small network sees it, that cost i occurs within the next T steps,
counted from the present one. The network has one hidden layer of 32 units and a sigmoid output,
squared error, and a few full-batch Adam steps after each batch was used. Differences from the
authors' release: hidden units are tanh (an affine change of their sigmoid), and the cost's value
function is fitted to C+ like everything else (theirs to C, which is biased when λ_C < 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from cpo_core.networks.adam import Adam
from cpo_core.networks.mlp import Mlp, Tensor, rescale_inputs, to_tensor
from cpo_core.networks.moments import Statistics, standardize
from cpo_core.networks.shards import Workers, shards
from cpo_core.sim.episodes import Array, Batch

HIDDEN = 32
LEARNING_RATE = 1e-2
FITS_BEFORE_USE = 2
"""As in the release: no bonus until the predictor was fitted more than once."""


@dataclass(frozen=True)
class Predictor:
    """Probability, from an observation, that one cost occurs soon."""

    mlp: Mlp
    theta: Tensor
    inputs: Statistics
    adam: Adam
    fits: int = 0

    @staticmethod
    def initial(observation_size: int, generator: np.random.Generator) -> Predictor:
        """Knows nothing: one half everywhere, and not used before its second fit."""
        mlp = Mlp((observation_size, HIDDEN, 1))
        theta = mlp.initial(generator, last_scale=0.0)
        return Predictor(mlp, theta, Statistics.unit(observation_size), Adam.fresh(len(theta)))

    def bonus(self, observations: Array, workers: Workers) -> Array:
        """Predicted probabilities (S,) float64; zeros while too little was seen."""
        if self.fits < FITS_BEFORE_USE:
            return np.zeros(len(observations))
        parts = workers.map(
            lambda rows: self.mlp.output(
                self.theta, standardize(observations[rows], self.inputs)
            ).sigmoid_(),
            shards(len(observations)),
        )
        return torch.cat(parts)[:, 0].double().numpy()

    def fitted(self, observations: Array, labels: Array, steps: int, workers: Workers) -> Predictor:
        """After `steps` full-batch steps on the squared error to `labels` (S,) in [0, 1]."""
        statistics = self.inputs.including(observations)
        theta = rescale_inputs(
            self.mlp,
            self.theta,
            statistics.std / self.inputs.std,
            (statistics.mean - self.inputs.mean) / self.inputs.std,
        )
        inputs = standardize(observations, statistics)
        aims = to_tensor(labels[:, None])
        adam = replace(self.adam)

        def gradient(rows: slice) -> Tensor:
            at = self.mlp.forward(theta, inputs[rows])
            chance = at.output.sigmoid()
            slope = 2 * (chance - aims[rows]) * chance * (1 - chance) / len(labels)
            return self.mlp.vjp(theta, at, slope.unsqueeze(1))[0]

        for _ in range(steps):
            parts = workers.map(gradient, shards(len(labels)))
            theta = theta + adam.step(torch.stack(parts).double().sum(0).float(), LEARNING_RATE)
        return Predictor(self.mlp, theta, statistics, adam, self.fits + 1)


def soon(batch: Batch, costs: Array, horizon: int) -> Array:
    """Labels (S,): min(1, cost of steps t..t+horizon-1), the window ending with the episode."""
    sums = np.concatenate([[0.0], np.cumsum(costs)])
    start = np.arange(batch.steps)
    end = np.repeat(batch.offsets[1:], batch.lengths)
    return np.clip(sums[np.minimum(start + horizon, end)] - sums[start], 0.0, 1.0)
