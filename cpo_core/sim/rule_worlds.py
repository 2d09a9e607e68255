"""Worlds made of bodies that move and the rules of a task."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.tasks.base import Motion, Outcome, Rules, Things
from cpo_core.tasks.worlds import Movers


class RuledWorlds:
    """Implements `cpo_core.tasks.worlds.Worlds` for `movers` under `rules`.

    Keeps, for the worlds in play, the motion as it stands (the next step's `before`), the things
    of the rules, and the steps since the episode began.
    """

    def __init__(self, movers: Movers, rules: Rules, horizon: int) -> None:
        self._movers, self._rules = movers, rules
        self._tick = 1.0 / horizon
        self._elapsed = np.zeros(0)
        self._motion: Motion
        self.things: dict[str, Array] = {}

    def begin(self, worlds: int, rng: np.random.Generator) -> None:
        """See `Worlds`."""
        self._motion = self._movers.begin(worlds, rng)
        self.things = dict(self._rules.begin(rng, worlds))
        self._elapsed = np.zeros(worlds)

    def observe(self, which: Array | None = None) -> Array:
        """See `Worlds`."""
        motion, things, elapsed = self._motion, self.things, self._elapsed
        if which is not None:
            motion, things, elapsed = _rows(motion, which), _part(things, which), elapsed[which]
        return self._rules.observe(motion, things, elapsed).astype(np.float32, copy=False)

    def step(self, actions: Array) -> Outcome:
        """See `Worlds`."""
        before = self._motion
        self._motion = self._movers.step(actions)
        outcome, things = self._rules.judge(before, self._motion, self.things)
        self.things.update(things)
        self._elapsed += self._tick
        return outcome

    def restart(self, which: Array, rng: np.random.Generator) -> None:
        """See `Worlds`."""
        start = self._movers.restart(which, rng)
        for name in _NAMES:
            values = getattr(start, name)
            if values is not None:
                getattr(self._motion, name)[which] = values
        for name, values in self._rules.begin(rng, len(which)).items():
            self.things[name][which] = values
        self._elapsed[which] = 0

    def retire(self, keep: Array) -> None:
        """See `Worlds`."""
        self._movers.retire(keep)
        self._motion = _rows(self._motion, keep)
        self.things = _part(self.things, keep)
        self._elapsed = self._elapsed[keep]

    def pose(self, world: int) -> Array:
        """(nq,) where the body of `world` is drawn, in the coordinates of its MJCF."""
        return self._movers.pose(world)

    def close(self) -> None:
        """See `Worlds`."""
        self._movers.close()


_NAMES = tuple(field.name for field in fields(Motion))


def _rows(motion: Motion, which: Array) -> Motion:
    values = {name: getattr(motion, name) for name in _NAMES}
    return Motion(**{name: None if v is None else v[which] for name, v in values.items()})


def _part(things: Things, which: Array) -> dict[str, Array]:
    return {name: values[which] for name, values in things.items()}
