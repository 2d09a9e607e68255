"""How the policy does: return, entropy, the fit of the value functions, time spent."""

from __future__ import annotations

from typing import Any

from cpo_core.figures.context import Context
from cpo_core.figures.expressions import Columns, column
from cpo_core.figures.style import DASHES, band, last, layout, number, result, trace


def return_(columns: Columns, context: Context) -> dict[str, Any]:
    """Mean return per episode with a band of one standard error."""
    data = [
        *band(columns, context.x, "return", "return_se", "return"),
        trace(columns, context.x, {"column": "return"}, "return", "return"),
    ]
    data[-1]["meta"]["smooth"] = True
    values = column(columns, "return")
    newest = f"The mean return is {number(last(values))} in the newest of {len(values)} rows."
    return result(data, layout("Return", context.x, "return per episode"), newest)


def entropy(columns: Columns, context: Context) -> dict[str, Any]:
    """Entropy of the policy: how much it still explores."""
    data = [trace(columns, context.x, {"column": "entropy"}, "entropy", "entropy")]
    newest = last(column(columns, "entropy"))
    summary = f"The policy's entropy is {number(newest)} nats."
    return result(data, layout("Entropy", context.x, "nats", showlegend=False), summary)


def explained_variance(columns: Columns, context: Context) -> dict[str, Any]:
    """Share of the variance of returns that each value function explains (1 is perfect)."""
    data = [trace(columns, context.x, {"column": "explained_variance"}, "return", "return")]
    for i, cost in enumerate(context.costs):
        expression = {"column": f"explained_variance_{cost.name}"}
        data.append(
            trace(columns, context.x, expression, "cost", cost.title,
                  line={"dash": DASHES[(i + 1) % len(DASHES)]})
        )  # fmt: skip
    summary = (
        "The value function of the return explains "
        f"{number(last(column(columns, 'explained_variance')))} of its variance."
    )
    return result(data, layout("Value functions", context.x, "explained variance"), summary)


def seconds(columns: Columns, context: Context) -> dict[str, Any]:
    """Seconds per iteration, stacked by phase."""
    phases = (
        ("seconds_sampling", "sampling", "return"),
        ("seconds_update", "update", "cost"),
        ("seconds_values", "value functions", "entropy"),
    )
    data = [
        trace(columns, context.x, {"column": name}, role, title, stackgroup="seconds",
              line={"width": 1})
        for name, title, role in phases
    ]  # fmt: skip
    total = number(last(column(columns, "seconds_total")))
    summary = f"The newest iteration took {total} seconds."
    return result(data, layout("Time per iteration", context.x, "seconds"), summary)
