"""The policy: a tanh network, whose outputs a distribution over actions takes.

All parameters are one flat float32 vector: the network's, then those of the distribution that do
not depend on the state (`extras`; log σ of a Gaussian). Standardisation of observations is not
trained; when its running statistics move, the first layer is rewritten so that the policy stays the
same function.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from cpo_core.networks.distributions.base import Distribution, Parameters
from cpo_core.networks.distributions.gaussian import Gaussian
from cpo_core.networks.mlp import Mlp, Tensor, rescale_inputs, to_tensor
from cpo_core.networks.moments import CLIP, Statistics, standardize
from cpo_core.sim.episodes import Array


@dataclass(frozen=True)
class NumpyPolicy:
    """The policy as the sampler runs it: float32 weights, no torch in the loop.

    `shift` and `scale` (obs,) standardise observations (None: they are taken as they are).
    `deterministic`: the likeliest action, without a draw.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    distribution: Distribution
    extras: Array
    shift: Array | None = None
    scale: Array | None = None
    deterministic: bool = False

    def act(self, observations: Array, generator: np.random.Generator) -> Array:
        """Actions (N, act) float32 for `observations` (N, obs) float32."""
        outputs = self.outputs(observations)
        if self.deterministic:
            return self.distribution.mode(outputs)
        return self.distribution.sample(outputs, self.extras, generator)

    def outputs(self, observations: Array) -> Array:
        """The network's outputs: `observations` (N, obs) float32 -> (N, o) float32."""
        hidden = observations
        if self.shift is not None and self.scale is not None:
            hidden = np.clip((observations - self.shift) / self.scale, -CLIP, CLIP)
        for weights, biases in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = hidden @ weights
            hidden += biases
            np.tanh(hidden, out=hidden)
        return hidden @ self.weights[-1] + self.biases[-1]


@dataclass(frozen=True)
class Policy:
    """Network shape, flat parameters `theta` (n,) float32, the distribution of actions, and
    observation statistics or None.
    """

    mlp: Mlp
    theta: Tensor
    distribution: Distribution
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
    ) -> Policy:
        """An untrained Gaussian policy: Glorot-uniform weights, zero biases, deviation `std`."""
        distribution = Gaussian(action_size)
        mlp = Mlp((observation_size, *hidden, distribution.outputs))
        extras = distribution.initial_extras(std)
        theta = torch.cat([mlp.initial(generator, last_layer_scale), extras])
        statistics = Statistics.unit(observation_size) if normalize else None
        return Policy(mlp, theta, distribution, statistics)

    @property
    def observation_size(self) -> int:
        """Numbers in an observation."""
        return self.mlp.sizes[0]

    @property
    def action_size(self) -> int:
        """Numbers in an action."""
        return self.distribution.action_size

    @property
    def network(self) -> Tensor:
        """The network's share of `theta`."""
        return self.theta[: self.mlp.parameters]

    @property
    def extras(self) -> Tensor:
        """(e,): the distribution's share of `theta`."""
        return self.theta[self.mlp.parameters :]

    def at(self, outputs: Tensor) -> Parameters:
        """The distributions where the network gives `outputs` (S, o)."""
        return Parameters(outputs, self.extras)

    def entropy(self, observations: Array) -> float:
        """Mean entropy in nats over the states of `observations` (S, obs)."""
        return self.distribution.entropy(
            self.extras, lambda: self.mlp.output(self.network, self.inputs(observations))
        )

    def moved(self, x: Array) -> Policy:
        """The policy at theta + x, with x (n,) float64."""
        theta = (self.theta.double() + torch.from_numpy(x)).float()
        return replace(self, theta=theta)

    def inputs(self, observations: Array) -> Tensor:
        """What the network sees of `observations` (S, obs): standardised where that is on."""
        if self.statistics is None:
            return to_tensor(observations)
        return standardize(observations, self.statistics)

    def numpy(self) -> NumpyPolicy:
        """A copy for the sampler."""
        layers = [(w.numpy().copy(), b.numpy().copy()) for w, b in self.mlp.unpack(self.network)]
        weights, biases = zip(*layers, strict=True)
        extras = self.extras.numpy().copy()
        shift, scale = (None, None) if self.statistics is None else self.statistics.float32
        return NumpyPolicy(weights, biases, self.distribution, extras, shift, scale)

    def observing(self, observations: Array) -> Policy:
        """The same function, with statistics that include `observations` (S, obs)."""
        if self.statistics is None:
            return self
        old, new = self.statistics, self.statistics.including(observations)
        network = rescale_inputs(
            self.mlp, self.network, new.std / old.std, (new.mean - old.mean) / old.std
        )
        return replace(self, theta=torch.cat([network, self.extras]), statistics=new)
