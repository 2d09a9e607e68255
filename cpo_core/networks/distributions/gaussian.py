"""Independent Gaussians: the network gives the means, log σ is the same in every state.

π(a|s) = N(μ_θ(s), diag(σ²)). Outputs are μ (S, act), extras are log σ (act,).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cpo_core.networks.distributions.base import Parameters
from cpo_core.networks.mlp import Tensor
from cpo_core.sim.episodes import Array

KIND = "gaussian"


@dataclass(frozen=True)
class Gaussian:
    """`cpo_core.networks.distributions.base.Distribution` for actions of `action_size` numbers."""

    action_size: int

    @property
    def outputs(self) -> int:
        """A mean for each number of an action."""
        return self.action_size

    @property
    def extra_parameters(self) -> int:
        """A log σ for each number of an action."""
        return self.action_size

    def initial_extras(self, std: float) -> Tensor:
        """log `std` for each number of an action."""
        return torch.full((self.action_size,), math.log(std), dtype=torch.float32)

    def sample(self, outputs: Array, extras: Array, generator: np.random.Generator) -> Array:
        """μ + σ ε, with ε standard normal."""
        actions = generator.standard_normal(outputs.shape, dtype=np.float32)
        actions *= np.exp(extras)
        actions += outputs
        return actions

    def mode(self, outputs: Array) -> Array:
        """The means."""
        return outputs

    def log_ratio(self, actions: Tensor, old: Parameters, new: Parameters) -> Tensor:
        """Σ_d ((a - μ_old)² / σ_old² - (a - μ_new)² / σ_new²) / 2 - log(σ_new / σ_old)."""
        before = (actions - old.outputs) / old.extras.exp()
        now = (actions - new.outputs) / new.extras.exp()
        widened = (new.extras - old.extras).double()
        return 0.5 * (before.square() - now.square()).sum(1).double() - widened.sum()

    def kl_sum(self, old: Parameters, new: Parameters) -> Tensor:
        """Σ_s Σ_d (μ_new - μ_old)² / (2 σ_old²)."""
        shift = (new.outputs - old.outputs) / old.extras.exp()
        return 0.5 * shift.square().sum().double()

    def kl_shared(self, old_extras: Tensor, new_extras: Tensor) -> float:
        """Σ_d (σ_new² / σ_old² - 1) / 2 - log(σ_new / σ_old)."""
        widened = (new_extras - old_extras).double()
        return float((torch.expm1(2 * widened) / 2 - widened).sum())

    def score(self, actions: Tensor, at: Parameters) -> tuple[Tensor, Tensor]:
        """z / σ by the means and z² - 1 by log σ, with z = (a - μ) / σ."""
        std = at.extras.exp()
        z = (actions - at.outputs) / std
        return z / std, z.square() - 1

    def fisher_outputs(self, at: Parameters, change: Tensor, steps: int) -> Tensor:
        """u / σ²: Gauss-Newton, exact where new and old are the same."""
        return change * (at.extras.exp() ** -2 / steps)

    def fisher_extras(self, extras: Tensor, block: Array) -> Array:
        """The second derivative of KL by each log σ is 2."""
        return 2 * block

    def entropy(self, extras: Tensor, outputs: Callable[[], Tensor]) -> float:
        """Σ_d log σ + log(2πe) / 2, the same in every state."""
        return float(extras.double().sum()) + 0.5 * self.action_size * math.log(
            2 * math.pi * math.e
        )

    def named_extras(self, extras: Array) -> Mapping[str, Array]:
        """`log_std` (act,)."""
        return {"log_std": extras}

    def to_plain(self) -> dict[str, Any]:
        """`kind` and the size of an action."""
        return {"kind": KIND, "action_size": self.action_size}
