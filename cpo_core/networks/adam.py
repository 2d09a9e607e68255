"""Adam on one flat vector (Kingma and Ba 2015)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from cpo_core.networks.mlp import Tensor


@dataclass
class Adam:
    """Moments of one optimisation; `step` gives the change of the parameters."""

    first: Tensor
    second: Tensor
    steps: int = 0

    @staticmethod
    def fresh(size: int) -> Adam:
        """No gradient seen yet."""
        return Adam(torch.zeros(size), torch.zeros(size))

    def step(self, gradient: Tensor, rate: float) -> Tensor:
        """What to add to the parameters, for the gradient (n,) of a loss."""
        self.steps += 1
        self.first = self.first.lerp(gradient, 0.1)
        self.second = self.second.lerp(gradient.square(), 0.001)
        spread = self.second.div(1 - 0.999**self.steps).sqrt_().add_(1e-8)
        return self.first.div(1 - 0.9**self.steps).mul_(-rate).div_(spread)
