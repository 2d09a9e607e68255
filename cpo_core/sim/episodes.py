"""A batch of whole episodes, flat and episode-contiguous: what sampling hands to learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Batch:
    """E whole episodes with S steps in all, stored one after another.

    Episode e occupies steps offsets[e]..offsets[e+1]. Only finished episodes are here: every
    episode was started before the batch was full and then run to its end, so its cost is never
    cut short. Truncation (time limit) and termination are kept apart to the end.
    """

    observations: Array
    """(S, obs) float32, as the policy saw them (before normalisation)."""
    actions: Array
    """(S, act) float32, as sampled; the simulation clips to its own range."""
    rewards: Array
    """(S,) float64."""
    costs: Array
    """(m, S) float64, each >= 0."""
    offsets: Array
    """(E+1,) int64."""
    terminated: Array
    """(E,) bool: the episode ended by the task's own rule; False: cut by the time limit."""
    final_observations: Array
    """(E, obs) float32: the observation after the last step."""

    @property
    def steps(self) -> int:
        """S."""
        return len(self.rewards)

    @property
    def episodes(self) -> int:
        """E."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Array:
        """(E,) steps of each episode."""
        return np.diff(self.offsets)

    def episode_sums(self, per_step: Array) -> Array:
        """Sum a per-step array (..., S) over each episode: (..., E)."""
        return np.add.reduceat(per_step, self.offsets[:-1], axis=-1)
