"""What a trace shows, said in terms of metric columns, so that a page can extend it row by row.

An expression is a small JSON object; `evaluate` turns it and the columns into one value per row.
The page holds the same function (`frontend/src/lib/expressions.ts`); both are tested on the
same table, `tests/core/figures/expressions.json`. None means "not known", and is never drawn.

* `{"column": c}`: the column itself.
* `{"column": c, "plus": d, "times": k}`: c + k·d, the edge of an error band.
* `{"start": x}`: where on the axis x (iteration, env_steps, elapsed_seconds) the row's iteration
  began, which is where the update before it ended.
* `{"column": c, "equals": v}`: 1 where c is v, else 0.
* `{"cost": name, "verdict": w}`: 1 where :func:`verdict` of that cost is w, else 0.

Every expression looks at one row alone: rows may be missing between it and the one before, where
history was thinned.
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
    if "start" in expression:
        return _starts(expression["start"], columns)
    if "column" not in expression:
        raise ValueError(
            f"unknown expression {dict(expression)!r}; see cpo_core.figures.expressions"
        )
    values = column(columns, expression["column"])
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


def _starts(x: str, columns: Columns) -> list[float | None]:
    if x == "iteration":
        return [None if k is None else k - 1 for k in column(columns, x)]
    if x == "elapsed_seconds":
        pairs = zip(column(columns, x), column(columns, "seconds_total"), strict=True)
        return [_both(end, seconds, -1.0) for end, seconds in pairs]
    names = ("env_steps", "episodes", "episode_length")
    rows = zip(*(column(columns, name) for name in names), strict=True)
    return [None if None in row else row[0] - round(row[1] * row[2]) for row in rows]


def _both(a: float | None, b: float | None, times: float) -> float | None:
    return None if a is None or b is None else a + times * b


def _verdicts(cost: str, wanted: str, columns: Columns) -> list[int | None]:
    names = (f"cost_{cost}", f"cost_se_{cost}", f"limit_{cost}")
    rows = zip(*(column(columns, name) for name in names), strict=True)
    found = (verdict(mean, se, limit) for mean, se, limit in rows)
    return [None if v is None else int(v == wanted) for v in found]
