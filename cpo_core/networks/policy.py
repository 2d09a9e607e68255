"""The Gaussian policy: a tanh network for the mean, one standard deviation per action.

π(a|s) = N(μ_θ(s), diag(σ²)), with log σ independent of the state. All parameters are one flat
float32 vector: the network's, then log σ. Standardisation of observations is not trained; when its
running statistics move, the first layer is rewritten so that the policy stays the same function.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from cpo_core.networks.mlp import Mlp, Tensor, rescale_inputs, to_tensor
from cpo_core.networks.moments import CLIP, Statistics, standardize
from cpo_core.sim.episodes import Array


@dataclass(frozen=True)
class NumpyPolicy:
    """The policy as the sampler runs it: float32 weights, no torch in the loop.

    `shift` and `scale` (obs,) standardise observations (None: they are taken as they are).
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    log_std: Array
    shift: Array | None = None
    scale: Array | None = None

    @cached_property
    def std(self) -> Array:
        """(act,) float32."""
        return np.exp(self.log_std)

    def mean(self, observations: Array) -> Array:
        """μ(s): `observations` (N, obs) float32 -> (N, act) float32."""
        hidden = observations
        if self.shift is not None and self.scale is not None:
            hidden = np.clip((observations - self.shift) / self.scale, -CLIP, CLIP)
        for weights, biases in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = hidden @ weights
            hidden += biases
            np.tanh(hidden, out=hidden)
        return hidden @ self.weights[-1] + self.biases[-1]


@dataclass(frozen=True)
class GaussianPolicy:
    """Network shape, flat parameters `theta` (n,) float32, and observation statistics or None."""

    mlp: Mlp
    theta: Tensor
    statistics: Statistics | None = None

    @staticmethod
    def initial(
        observation_size: int,
        action_size: int,
        generator: np.random.Generator,
        *,
        hidden: tuple[int, ...] = (64, 32),
        std: float = 1.0,
        last_layer_scale: float = 1.0,
        normalize: bool = False,
    ) -> GaussianPolicy:
        """An untrained policy: Glorot-uniform weights, zero biases, standard deviation `std`."""
        mlp = Mlp((observation_size, *hidden, action_size))
        log_std = torch.full((action_size,), math.log(std), dtype=torch.float32)
        theta = torch.cat([mlp.initial(generator, last_layer_scale), log_std])
        return GaussianPolicy(mlp, theta, Statistics.unit(observation_size) if normalize else None)

    @property
    def observation_size(self) -> int:
        """Numbers in an observation."""
        return self.mlp.sizes[0]

    @property
    def action_size(self) -> int:
        """Numbers in an action."""
        return self.mlp.sizes[-1]

    @property
    def network(self) -> Tensor:
        """The network's share of `theta`."""
        return self.theta[: self.mlp.parameters]

    @property
    def log_std(self) -> Tensor:
        """(act,)."""
        return self.theta[self.mlp.parameters :]

    @property
    def entropy(self) -> float:
        """Entropy in nats, the same in every state."""
        return float(self.log_std.double().sum()) + 0.5 * self.action_size * math.log(
            2 * math.pi * math.e
        )

    def moved(self, x: Array) -> GaussianPolicy:
        """The policy at theta + x, with x (n,) float64."""
        theta = (self.theta.double() + torch.from_numpy(x)).float()
        return GaussianPolicy(self.mlp, theta, self.statistics)

    def inputs(self, observations: Array) -> Tensor:
        """What the network sees of `observations` (S, obs): standardised where that is on."""
        if self.statistics is None:
            return to_tensor(observations)
        return standardize(observations, self.statistics)

    def numpy(self) -> NumpyPolicy:
        """A copy for the sampler."""
        layers = [(w.numpy().copy(), b.numpy().copy()) for w, b in self.mlp.unpack(self.network)]
        weights, biases = zip(*layers, strict=True)
        log_std = self.log_std.numpy().copy()
        if self.statistics is None:
            return NumpyPolicy(weights, biases, log_std)
        return NumpyPolicy(weights, biases, log_std, *self.statistics.float32)

    def observing(self, observations: Array) -> GaussianPolicy:
        """The same function, with statistics that include `observations` (S, obs)."""
        if self.statistics is None:
            return self
        old, new = self.statistics, self.statistics.including(observations)
        network = rescale_inputs(
            self.mlp, self.network, new.std / old.std, (new.mean - old.mean) / old.std
        )
        return GaussianPolicy(self.mlp, torch.cat([network, self.log_std]), new)
