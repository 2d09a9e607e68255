"""Per-step costs that several tasks share: `cost(before, after)` -> (N,), each >= 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cpo_core.tasks.arrays import namespace
from cpo_core.tasks.base import Array, Motion

StepCost = Callable[[Motion, Motion], Array]


@dataclass(frozen=True)
class Outside:
    """1 where |x| > x_limit in the state in which the action was taken, as the release counts."""

    x_limit: float

    def __call__(self, before: Motion, after: Motion) -> Array:
        xp = namespace(before.position)
        return xp.astype(xp.abs(before.position[:, 0]) > self.x_limit, before.position.dtype)


@dataclass(frozen=True)
class Speeding:
    """1 where the speed of the step exceeds `limit` m/s."""

    limit: float

    def __call__(self, before: Motion, after: Motion) -> Array:
        xp = namespace(after.velocity)
        squared = xp.sum(after.velocity * after.velocity, axis=1)
        return xp.astype(squared > self.limit**2, after.velocity.dtype)


@dataclass(frozen=True)
class Effort:
    """Mean square of the `controls` controls of the step, each cut to +-1: from 0 to 1."""

    controls: int

    def __call__(self, before: Motion, after: Motion) -> Array:
        return after.effort / self.controls


@dataclass(frozen=True)
class Turning:
    """Size of the step's turn in units of `largest` rad: from 0 to 1 for a point."""

    largest: float

    def __call__(self, before: Motion, after: Motion) -> Array:
        xp = namespace(after.heading)
        return xp.abs(after.heading - before.heading) / self.largest
