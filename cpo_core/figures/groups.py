"""Groups of runs and their final results: what a comparison is made of."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cpo_core.figures.expressions import verdict
from cpo_core.figures.seeds import Aggregate, aggregate

T = TypeVar("T")
LAST_SHARE = 0.1
"""Final results are means over this last part of training."""
KEPT_PARTS = 16
"""A group remembers about two views of its figures."""


@dataclass(frozen=True)
class Member:
    """One run: its columns as float arrays of one length, rows in order of iteration."""

    id: str
    title: str
    seed: int
    columns: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Group:
    """Runs that differ only by what is averaged over; `limits` by cost, those of the first run.

    What was computed from its columns is remembered as long as the group is kept: of a live
    comparison only the group with a new row is computed and drawn anew.
    """

    name: str
    members: tuple[Member, ...]
    limits: Mapping[str, float]
    known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for each key; it must not be changed by its takers."""
        found = self.known.get(key)
        if found is None:
            found = make()
            if len(self.known) >= KEPT_PARTS:
                self.known.clear()
            self.known[key] = found
        return found


def final(member: Member, column: str) -> float | None:
    """Mean of a column over the last tenth of a run's iterations; None where it has none."""
    values = member.columns.get(column)
    if values is None or len(values) == 0:
        return None
    iterations = member.columns["iteration"]
    chosen = values[iterations > (1 - LAST_SHARE) * iterations[-1]]
    known = chosen[np.isfinite(chosen)]
    return float(known.mean()) if len(known) else None


def over_share(member: Member, cost: str, limit: float) -> float | None:
    """Share of a run's iterations with J_C > d."""
    values = member.columns.get(f"cost_{cost}")
    return None if values is None or len(values) == 0 else float(np.mean(values > limit))


def last(member: Member, column: str) -> float | None:
    """The newest value of a column."""
    values = member.columns.get(column)
    return None if values is None or len(values) == 0 else float(values[-1])


def finals(group: Group) -> dict[str, Any]:
    """The group's row in the table of final results, as plain values.

    `costs` by name: aggregate, limit, verdict (by the standard error over seeds), over-limit share
    and regret. Every aggregate is None without data.
    """
    return group.once("finals", lambda: _finals(group))


def _finals(group: Group) -> dict[str, Any]:
    members = group.members
    costs = {}
    for name, limit in group.limits.items():
        found = aggregate([final(m, f"cost_{name}") for m in members])
        costs[name] = {
            "value": _plain(found),
            "limit": limit,
            "verdict": verdict(found.mean, found.se, limit) if found else None,
            "over_share": _plain(aggregate([over_share(m, name, limit) for m in members])),
            "regret": _plain(aggregate([last(m, f"regret_{name}") for m in members])),
        }
    return {
        "n": sum(len(m.columns["iteration"]) > 0 for m in members),
        "return": _plain(aggregate([final(m, "return") for m in members])),
        "seconds": _plain(aggregate([last(m, "elapsed_seconds") for m in members])),
        "costs": costs,
    }


def _plain(found: Aggregate | None) -> dict[str, Any] | None:
    return None if found is None else vars(found)
