"""Keeps what worlds do tick by tick, and puts it together as whole episodes."""

from __future__ import annotations

import numpy as np

from cpo_core.sim.episodes import Array, Batch
from cpo_core.tasks.base import Outcome, Task


class Recorder:
    """Preallocated arrays (ticks, worlds, ...), a row per tick.

    The worlds in play fill the front of each row; `_spans` tells from which tick on they are
    which. `share` is the number of steps after which a world begins no further episode.
    """

    def __init__(self, task: Task, worlds: int, share: float) -> None:
        self.worlds, self.share = worlds, share
        self.ticks = int(np.ceil(share)) - 1 + task.horizon
        shape = (self.ticks, worlds)
        self._observations = np.empty((*shape, task.observation_size), np.float32)
        self._actions = np.empty((*shape, task.action_size), np.float32)
        self._rewards = np.empty(shape)
        self._costs = np.empty((self.ticks, len(task.costs), worlds))
        self._tick = 0
        self._live = np.arange(worlds)
        self._spans: list[tuple[int, Array]] = [(0, self._live)]
        self._used = np.zeros(worlds, np.int64)
        self._ends: list[tuple[Array, int, Array, Array]] = []

    def record(self, observations: Array, actions: Array, outcome: Outcome) -> None:
        """Keep one step of the worlds in play."""
        tick, count = self._tick, len(observations)
        self._observations[tick, :count] = observations
        self._actions[tick, :count] = actions
        self._rewards[tick, :count] = outcome.rewards
        self._costs[tick, :, :count] = outcome.costs
        self._tick += 1

    def end(self, over: Array, terminated: Array, final: Array) -> None:
        """The episodes of the worlds where `over` (n,) is true ended with the last step."""
        worlds = self._live[over]
        self._used[worlds] = self._tick
        self._ends.append((worlds, self._tick, terminated, final))

    def retire(self, keep: Array) -> None:
        """From now on only the worlds where `keep` (n,) is true are in play."""
        self._live = self._live[keep]
        self._spans.append((self._tick, self._live))

    def batch(self) -> Batch:
        """All episodes, world after world, and within a world in order of time."""
        first = np.concatenate([[0], np.cumsum(self._used)[:-1]])
        worlds = np.concatenate([ended for ended, _, _, _ in self._ends])
        ticks = np.concatenate([np.full(len(ended), t) for ended, t, _, _ in self._ends])
        ends = first[worlds] + ticks
        order = np.argsort(ends)
        return Batch(
            observations=self._gathered(self._observations, first),
            actions=self._gathered(self._actions, first),
            rewards=self._gathered(self._rewards, first),
            costs=np.stack(
                [self._gathered(self._costs[:, k], first) for k in range(self._costs.shape[1])]
            ),
            offsets=np.concatenate([[0], ends[order]]).astype(np.int64),
            terminated=np.concatenate([t for _, _, t, _ in self._ends])[order],
            final_observations=np.concatenate([f for _, _, _, f in self._ends])[order],
        )

    def _gathered(self, rows: Array, first: Array) -> Array:
        """(S, ...): tick t of world w goes to first[w] + t."""
        flat = np.empty((int(self._used.sum()), *rows.shape[2:]), rows.dtype)
        ends = [start for start, _ in self._spans[1:]] + [self._tick]
        for (start, live), end in zip(self._spans, ends, strict=True):
            places = first[live] + np.arange(start, end)[:, None]
            flat[places] = rows[start:end, : len(live)]
        return flat


def joined(batches: list[Batch]) -> Batch:
    """One batch of the episodes of all `batches`, in their order."""
    if len(batches) == 1:
        return batches[0]
    starts = np.cumsum([0, *(batch.steps for batch in batches[:-1])])
    offsets = [b.offsets[:-1] + start for b, start in zip(batches, starts, strict=True)]
    end = [sum(batch.steps for batch in batches)]
    return Batch(
        observations=np.concatenate([b.observations for b in batches]),
        actions=np.concatenate([b.actions for b in batches]),
        rewards=np.concatenate([b.rewards for b in batches]),
        costs=np.concatenate([b.costs for b in batches], axis=1),
        offsets=np.concatenate([*offsets, end]).astype(np.int64),
        terminated=np.concatenate([b.terminated for b in batches]),
        final_observations=np.concatenate([b.final_observations for b in batches]),
    )
