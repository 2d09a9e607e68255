"""Collects batches of whole episodes from N worlds that step side by side.

Each world has an equal share of the batch. An episode is begun in a world while the world has
taken fewer steps than its share, and every episode that was begun is finished. Whether an episode
is begun depends on earlier episodes only, so by Wald's identity the expected sum of any per-episode
quantity is its mean times the expected number of episodes: cutting off late episodes, or keeping
those that happened to end in time, would not have that property.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np

from cpo_core.machine.processors import available_threads
from cpo_core.sim.blas import one_blas_thread
from cpo_core.sim.episode_buffer import Recorder, joined
from cpo_core.sim.episodes import Array, Batch
from cpo_core.tasks.base import Task
from cpo_core.tasks.worlds import Worlds


class Actor(Protocol):
    """What the sampler needs of a policy. Several threads may call it, each its own generator."""

    def act(self, observations: Array, generator: np.random.Generator) -> Array:
        """(N, obs) float32 -> actions (N, act) float32; chance comes from `generator` alone."""
        ...


class Sampler:
    """Draws batches of whole episodes of `task`; deterministic in `seed`, not in `threads`.

    MuJoCo worlds come in two groups, each with half of the threads and its own random numbers:
    while one group's actions are worked out, the other's physics has the processor, and a group
    waits for nobody but its own threads.
    """

    def __init__(self, task: Task, *, environments: int, threads: int, seed: int) -> None:
        self._task = task
        self._environments = environments or task.environments
        threads = threads or available_threads()
        groups = task.world.groups
        seeds = np.random.SeedSequence((seed, 0x5A3)).spawn(groups)
        # With an odd number of threads the first group has one more.
        shares = [max(1, (threads + groups - 1 - k) // groups) for k in range(groups)]
        self._groups = [_Group(task, *pair) for pair in zip(shares, seeds, strict=True)]
        self._pool = ThreadPoolExecutor(groups) if min(groups, threads) > 1 else None

    def collect(self, policy: Actor, batch_size: int) -> Batch:
        """Whole episodes of `policy`, `batch_size` steps or a little more in all."""
        count = even_share(batch_size, self._environments, self._task.horizon)
        share = batch_size / count
        groups = len(self._groups)
        counts = [len(range(k, count, groups)) for k in range(groups)]

        def collect(group: _Group, worlds: int) -> Batch:
            return group.collect(policy, worlds, share)

        used = [
            (group, worlds) for group, worlds in zip(self._groups, counts, strict=True) if worlds
        ]
        run = map if self._pool is None else self._pool.map
        with one_blas_thread():
            return joined(list(run(collect, *zip(*used, strict=True))))

    def state(self) -> dict[str, Any]:
        """The random generators, ready for JSON: every batch begins with new episodes."""
        return {"generators": [group.rng.bit_generator.state for group in self._groups]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue as the sampler whose `state()` this is."""
        for group, generator in zip(self._groups, state["generators"], strict=True):
            group.rng.bit_generator.state = generator

    def close(self) -> None:
        """Give worlds and threads back."""
        for group in self._groups:
            group.close()
        if self._pool is not None:
            self._pool.shutdown()


class _Group:
    """Worlds that step together, and their random numbers."""

    def __init__(self, task: Task, threads: int, seed: np.random.SeedSequence) -> None:
        self._task, self._threads = task, threads
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self._worlds: Worlds | None = None
        self._count = 0

    def collect(self, policy: Actor, count: int, share: float) -> Batch:
        """Episodes of `count` worlds, each of which begins none after `share` steps."""
        recorder = Recorder(self._task, count, share)
        _roll(self._task, self._worlds_for(count), policy, self.rng, recorder)
        return recorder.batch()

    def close(self) -> None:
        """Give the worlds back."""
        if self._worlds is not None:
            self._worlds.close()
        self._worlds, self._count = None, 0

    def _worlds_for(self, count: int) -> Worlds:
        """As many worlds as a batch needs: the next batch most often needs as many."""
        if self._worlds is None or self._count != count:
            self.close()
            self._worlds = self._task.world.worlds(self._task, count, self._threads)
            self._count = count
        return self._worlds


def even_share(batch_size: int, environments: int, horizon: int) -> int:
    """Worlds to use: at most `environments`, so few that all run equally many full episodes."""
    rounds = -(-batch_size // (environments * horizon))
    return -(-batch_size // (rounds * horizon))


def _roll(
    task: Task, worlds: Worlds, policy: Actor, rng: np.random.Generator, into: Recorder
) -> None:
    """Run episodes in every world until each has had its share."""
    worlds.begin(into.worlds, rng)
    left = _episode_lengths(task, into.worlds, rng)
    observations = worlds.observe()
    for tick in range(into.ticks):
        actions = policy.act(observations, rng)
        outcome = worlds.step(actions)
        into.record(observations, actions, outcome)
        observations = worlds.observe()
        left -= 1
        over = outcome.terminated | (left <= 0)
        if outcome.truncated is not None:
            over |= outcome.truncated
        if not over.any():
            continue
        into.end(over, outcome.terminated[over], observations[over])
        if tick + 1 < into.share:
            again = np.flatnonzero(over)
            worlds.restart(again, rng)
            left[again] = _episode_lengths(task, len(again), rng)
            observations[again] = worlds.observe(again)
        else:
            keep = ~over
            if not keep.any():
                return
            worlds.retire(keep)
            into.retire(keep)
            left, observations = left[keep], observations[keep]


def _episode_lengths(task: Task, worlds: int, rng: np.random.Generator) -> Array:
    if task.shortest_horizon is None:
        return np.full(worlds, task.horizon)
    return rng.integers(task.shortest_horizon, task.horizon, worlds, endpoint=True)
