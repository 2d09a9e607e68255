"""Optimism: how much the batches flatter the linear model, as a running mean one row at a time.

The optimism of iteration k is the mean, over the updates 1..k-1, of what the next batch showed
minus what was promised. Above 0 for a cost: the model promises too much. A state is plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def extend(
    state: Mapping[str, Any] | None, measured: float | None, promised: float | None
) -> dict[str, Any]:
    """The state after one more row: `measured` is of the update before it, `promised` its own."""
    before = state or {"total": 0.0, "count": 0, "promised": None}
    total, count = before["total"], before["count"]
    if measured is not None and before["promised"] is not None:
        total, count = total + measured - before["promised"], count + 1
    return {"total": total, "count": count, "promised": promised}


def mean(state: Mapping[str, Any]) -> float | None:
    """The running mean gap; None before the first measured update."""
    return state["total"] / state["count"] if state["count"] else None


def column(measured: Sequence[Any], promised: Sequence[Any]) -> list[float | None]:
    """The optimism of every row of a whole history (no row missing)."""
    state, found = None, []
    for now, promise in zip(measured, promised, strict=True):
        state = extend(state, now, promise)
        found.append(mean(state))
    return found
