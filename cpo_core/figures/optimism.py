"""Mean prediction error of the linear model, as a running mean one row at a time.

That of iteration k is the mean, over the updates 1..k-1, of the change that the next batch measured
minus the predicted one. Above 0 for a cost: the model is too optimistic, and hence the columns'
name, `optimism_<cost>`. A state is plain JSON.
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
    """The running mean error; None before the first measured update."""
    return state["total"] / state["count"] if state["count"] else None


def column(measured: Sequence[Any], promised: Sequence[Any]) -> list[float | None]:
    """The mean prediction error of every row of a whole history (no row missing)."""
    state, found = None, []
    for now, promise in zip(measured, promised, strict=True):
        state = extend(state, now, promise)
        found.append(mean(state))
    return found
