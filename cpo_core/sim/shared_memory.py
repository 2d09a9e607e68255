"""The arrays through which the sampler and the processes of foreign environments talk."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.tasks.base import Task


@dataclass
class Shared:
    """One row for each of N environments; pickles to the same memory when a process is begun."""

    sizes: tuple[int, int, int, int]
    buffers: dict[str, Any]
    observations: Array = field(init=False)
    actions: Array = field(init=False)
    rewards: Array = field(init=False)
    costs: Array = field(init=False)
    terminated: Array = field(init=False)
    truncated: Array = field(init=False)
    seeds: Array = field(init=False)

    @staticmethod
    def make(context: Any, environments: int, task: Task) -> Shared:
        """Arrays for `environments` of `task`, in memory of multiprocessing `context` or here."""
        sizes = (environments, task.observation_size, task.action_size, len(task.costs))
        lengths = {name: (kind, int(np.prod(shape))) for name, kind, shape in _layout(sizes)}
        if context is None:
            buffers = {name: (kind * length)() for name, (kind, length) in lengths.items()}
        else:
            buffers = {n: context.RawArray(kind, length) for n, (kind, length) in lengths.items()}
        return Shared(sizes, buffers)

    def __post_init__(self) -> None:
        for name, kind, shape in _layout(self.sizes):
            flat = np.frombuffer(self.buffers[name], dtype=np.dtype(kind))
            setattr(self, name, flat.reshape(shape))

    def __reduce__(self) -> tuple[Any, ...]:
        return Shared, (self.sizes, self.buffers)


def _layout(sizes: tuple[int, int, int, int]) -> list[tuple[str, Any, tuple[int, ...]]]:
    n, observation, action, costs = sizes
    return [
        ("observations", ctypes.c_float, (n, observation)),
        ("actions", ctypes.c_float, (n, action)),
        ("rewards", ctypes.c_double, (n,)),
        ("costs", ctypes.c_double, (costs, n)),
        ("terminated", ctypes.c_bool, (n,)),
        ("truncated", ctypes.c_bool, (n,)),
        ("seeds", ctypes.c_int64, (n,)),
    ]
