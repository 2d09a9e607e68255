"""Advantages and returns over whole episodes of unequal length (GAE, Schulman et al. 2016).

The end of an episode is worth nothing when the task ended it, and in finite-horizon tasks also
when the time limit did; otherwise the episode was only cut, and the value of its final
observation stands for the rest.
"""

from __future__ import annotations

import numpy as np

from cpo_core.sim.episodes import Array, Batch


def suffix_sums(per_step: Array, offsets: Array, factor: float) -> Array:
    """y_t = x_t + factor * y_{t+1} within each episode; `per_step` and result are (S,) float64.

    All episodes step back together, aligned at their ends.
    """
    lengths = np.diff(offsets)
    longest = int(lengths.max(initial=0))
    steps_to_end = np.repeat(offsets[1:], lengths) - 1 - np.arange(len(per_step))
    episode = np.repeat(np.arange(len(lengths)), lengths)
    aligned = np.zeros((longest, len(lengths)))
    aligned[steps_to_end, episode] = per_step
    for t in range(1, longest):
        aligned[t] += factor * aligned[t - 1]
    return aligned[steps_to_end, episode]


def final_values(batch: Batch, values: Array, ends_with_episode: bool) -> Array:
    """What remains after the last step of each episode, (E,).

    `values` (E,) are the value function's at the final observations. Zero where the episode was
    terminated, and everywhere when the sum ends with the episode.
    """
    if ends_with_episode:
        return np.zeros(batch.episodes)
    return np.where(batch.terminated, 0.0, values)


def advantages(
    batch: Batch, rewards: Array, values: Array, final: Array, gamma: float, lam: float
) -> Array:
    """Generalised advantage estimates (S,) of `rewards` (S,) given `values` (S,), `final` (E,)."""
    following = np.empty_like(values)
    following[:-1] = values[1:]
    following[batch.offsets[1:] - 1] = final
    errors = rewards + gamma * following - values
    return suffix_sums(errors, batch.offsets, gamma * lam)


def returns(batch: Batch, rewards: Array, final: Array, gamma: float) -> Array:
    """Discounted sums to the end of the episode (S,), with `final` (E,) standing for the rest."""
    ended = np.array(rewards, dtype=np.float64)
    ended[batch.offsets[1:] - 1] += gamma * final
    return suffix_sums(ended, batch.offsets, gamma)


def standardized(values: Array) -> tuple[Array, float]:
    """Centred and divided by the standard deviation, which is returned too (reward advantages).

    Constant values carry no direction: they become zero, with deviation 1.
    """
    centred_values = values - values.mean()
    deviation = float(values.std())
    scale = float(np.abs(values).max(initial=0.0))
    if deviation <= 1e-12 * scale or deviation == 0.0:
        return np.zeros_like(values), 1.0
    return centred_values / deviation, deviation


def centred(values: Array) -> Array:
    """Mean removed, scale kept: the size of b matters (cost advantages)."""
    return values - values.mean()
