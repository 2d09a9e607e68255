"""What a trace shows, said in terms of metric columns, so that a page can extend it row by row.

An expression is a small JSON object; `evaluate` turns it and the columns into one value per row.
The page holds the same function (`frontend/src/lib/expressions.ts`); both are tested on the
same table, `tests/core/figures/expressions.json`. None means "not known", and is never drawn.

* `{"column": c}`: the column itself.
* `{"column": c, "plus": d, "times": k}`: c + k·d, the edge of an error band.
* `{"column": c, "previous": true}`: c of the row before (None in the first row).
* `{"column": c, "equals": v}`: 1 where c is v, else 0.
* `{"cost": name, "verdict": w}`: 1 where :func:`verdict` of that cost is w, else 0.
* `{"mean_gap": [measured, promised]}`: running mean of measured(k) - promised(k - 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Columns = Mapping[str, Sequence[Any]]
Expression = Mapping[str, Any]

WITHIN, NOISE, OVER = "within", "noise", "over"


def evaluate(expression: Expression, columns: Columns) -> list[Any]:
    """One value per row of `columns`; an absent column gives None throughout.

    Raises ValueError naming an expression of unknown form.
    """
    if "verdict" in expression:
        return _verdicts(expression["cost"], expression["verdict"], columns)
    if "mean_gap" in expression:
        measured, promised = expression["mean_gap"]
        return _mean_gap(column(columns, measured), column(columns, promised))
    if "column" not in expression:
        raise ValueError(
            f"unknown expression {dict(expression)!r}; see cpo_core.figures.expressions"
        )
    values = column(columns, expression["column"])
    if expression.get("previous"):
        return _delayed(values)
    if "equals" in expression:
        return [int(v == expression["equals"]) for v in values]
    if "plus" in expression:
        times = expression.get("times", 1.0)
        others = column(columns, expression["plus"])
        return [_both(a, b, times) for a, b in zip(values, others, strict=True)]
    return values


def verdict(mean: float | None, se: float | None, limit: float | None) -> str | None:
    """`within` (mean <= limit), `noise` (over by no more than one standard error) or `over`."""
    if mean is None or limit is None:
        return None
    if mean <= limit:
        return WITHIN
    return NOISE if mean <= limit + (se or 0.0) else OVER


def column(columns: Columns, name: str) -> list[Any]:
    """The column as a list; None in every row where the run does not report it."""
    if name in columns:
        return list(columns[name])
    return [None] * length(columns)


def length(columns: Columns) -> int:
    """Number of rows: all columns are equally long."""
    return len(next(iter(columns.values()), ()))


def _delayed(values: list[Any]) -> list[Any]:
    return [None, *values[:-1]] if values else []


def _both(a: float | None, b: float | None, times: float) -> float | None:
    return None if a is None or b is None else a + times * b


def _verdicts(cost: str, wanted: str, columns: Columns) -> list[int | None]:
    names = (f"cost_{cost}", f"cost_se_{cost}", f"limit_{cost}")
    rows = zip(*(column(columns, name) for name in names), strict=True)
    found = (verdict(mean, se, limit) for mean, se, limit in rows)
    return [None if v is None else int(v == wanted) for v in found]


def _mean_gap(measured: list[Any], promised: list[Any]) -> list[float | None]:
    total, count, gaps = 0.0, 0, []
    for now, before in zip(measured, _delayed(promised), strict=True):
        if now is not None and before is not None:
            total, count = total + now - before, count + 1
        gaps.append(total / count if count else None)
    return gaps
