"""What the rest of the library asks of an action distribution.

A distribution over actions is a function of the network's outputs in a state and of `extras`:
parameters that are the same in every state, which stand behind the network's in the flat vector
theta. Both together are `Parameters`. Methods that sampling calls take and give NumPy arrays,
those that learning calls torch tensors. All logarithms are natural, so KL and entropy are in nats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from cpo_core.networks.mlp import Tensor
from cpo_core.sim.episodes import Array


@dataclass(frozen=True)
class Parameters:
    """The distributions in S states: `outputs` (S, o) of the network, and `extras` (e,)."""

    outputs: Tensor
    extras: Tensor


class Distribution(Protocol):
    """A family of distributions over the actions of one task."""

    @property
    def outputs(self) -> int:
        """o: numbers that the network gives for a state."""
        ...

    @property
    def extra_parameters(self) -> int:
        """e: parameters that do not depend on the state."""
        ...

    @property
    def action_size(self) -> int:
        """Numbers in an action."""
        ...

    def initial_extras(self, std: float) -> Tensor:
        """(e,) float32 before training; `std` is for families that have a standard deviation."""
        ...

    def sample(self, outputs: Array, extras: Array, generator: np.random.Generator) -> Array:
        """One action for each row of `outputs` (N, o): (N, act) float32."""
        ...

    def mode(self, outputs: Array) -> Array:
        """The likeliest action for each row of `outputs` (N, o): (N, act) float32."""
        ...

    def log_ratio(self, actions: Tensor, old: Parameters, new: Parameters) -> Tensor:
        """log π_new(a|s) - log π_old(a|s), (S,) float64, of `actions` (S, act)."""
        ...

    def kl_sum(self, old: Parameters, new: Parameters) -> Tensor:
        """Sum over the states of the part of KL(new||old) that depends on the state, float64.

        Summed over action dimensions. `kl_shared` is what each state has beside it.
        """
        ...

    def kl_shared(self, old_extras: Tensor, new_extras: Tensor) -> float:
        """The part of KL(new||old) that is the same in every state."""
        ...

    def score(self, actions: Tensor, at: Parameters) -> tuple[Tensor, Tensor]:
        """Gradients of log π(a|s) by the outputs, (S, o), and by the extras, (S, e)."""
        ...

    def fisher_outputs(self, at: Parameters, change: Tensor, steps: int) -> Tensor:
        """M(s) u / `steps` for `change` u (S, k, o), with M(s) the Hessian of KL by the outputs.

        H x is Jᵀ of this for u = J x: divided here, the sum over `steps` states is their mean.
        """
        ...

    def fisher_extras(self, extras: Tensor, block: Array) -> Array:
        """The Hessian of KL by the extras times each row of `block` (k, e) float64."""
        ...

    def entropy(self, extras: Tensor, outputs: Callable[[], Tensor]) -> float:
        """Mean over states, in nats. Families with one entropy everywhere leave `outputs` alone."""
        ...

    def named_extras(self, extras: Array) -> Mapping[str, Array]:
        """The extras under the names that they have in exported files."""
        ...

    def to_plain(self) -> dict[str, Any]:
        """The family, ready for JSON: `kind`, and what else tells it apart."""
        ...
