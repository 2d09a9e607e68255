"""Running mean and standard deviation of vectors, for standardising observations and targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from cpo_core.sim.episodes import Array

CLIP = 10.0
"""Standardised numbers are cut to [-CLIP, CLIP]."""
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Statistics:
    """Mean and variance (float64, (d,)) of `count` vectors seen so far."""

    count: float
    mean: Array
    variance: Array

    @staticmethod
    def unit(size: int) -> Statistics:
        """Nothing seen: mean 0, variance 1, which leaves values as they are."""
        return Statistics(0.0, np.zeros(size), np.ones(size))

    @property
    def std(self) -> Array:
        """Standard deviation (d,); a component that does not vary counts as 1."""
        deviation = np.sqrt(self.variance)
        return np.where(deviation > _SMALLEST * (1 + np.abs(self.mean)), deviation, 1.0)

    @property
    def float32(self) -> tuple[Array, Array]:
        """Mean and standard deviation as float32."""
        return self.mean.astype(np.float32), self.std.astype(np.float32)

    def including(self, values: Array) -> Statistics:
        """The statistics after also seeing `values` (N, d) (parallel-variance formula)."""
        added = len(values)
        mean = values.mean(axis=0, dtype=np.float64)
        variance = np.square(values - mean).mean(axis=0, dtype=np.float64)
        total = self.count + added
        shift = mean - self.mean
        share = added / total
        merged = self.variance * (1 - share) + variance * share
        return Statistics(
            total, self.mean + shift * share, merged + np.square(shift) * share * (1 - share)
        )


def standardize(values: Array, statistics: Statistics) -> torch.Tensor:
    """(values - mean) / std, cut to [-CLIP, CLIP]: (S, d) float32."""
    shift, scale = statistics.float32
    result = torch.empty(
        values.shape, dtype=torch.float32
    )  # aligned, see cpo_core.networks.mlp.to_tensor
    array = result.numpy()
    np.subtract(values, shift, out=array)
    np.divide(array, scale, out=array)
    np.clip(array, -CLIP, CLIP, out=array)
    return result
