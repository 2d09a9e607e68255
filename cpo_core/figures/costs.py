"""Each cost against its limit: the curve with its error band, the ribbon, the regret."""

from __future__ import annotations

from typing import Any

from cpo_core.figures.context import Context, CostContext
from cpo_core.figures.expressions import NOISE, OVER, WITHIN, Columns, column, verdict
from cpo_core.figures.style import (
    COLOURS,
    DASHES,
    band,
    bound_line,
    last,
    layout,
    number,
    result,
    trace,
    translucent,
)

RIBBON = ((WITHIN, "within the limit", ""), (NOISE, "over, within noise", "."), (OVER, "over", "/"))
"""Verdict, words and fill pattern: the ribbon can be read without colours."""


def cost(columns: Columns, context: Context, which: CostContext) -> dict[str, Any]:
    """Mean cost per episode, ± one standard error, the limit line, and a feasibility ribbon."""
    name = which.name
    data = [
        *band(columns, context.x, f"cost_{name}", f"cost_se_{name}", "cost"),
        trace(columns, context.x, {"column": f"cost_{name}"}, "cost", which.title),
        *ribbon(columns, context.x, name),
    ]
    data[2]["meta"]["smooth"] = True
    data.append(
        trace(columns, context.x, {"column": f"bound_{name}"}, "limit", "theory (Proposition 2)",
              visible="legendonly", line={"dash": "dot", "width": 1.25})
    )  # fmt: skip
    shaped = f"shaped_{name}"
    if last(column(columns, shaped)) is not None:
        data.append(
            trace(columns, context.x, {"column": shaped}, "promised", f"{which.title}, shaped",
                  line={"dash": "dot"})
        )  # fmt: skip
    figure_layout = layout(
        f"Cost: {which.title}", context.x, which.unit,
        shapes=[bound_line(which.limit, f"limit {which.limit:g}")],
    )  # fmt: skip
    figure_layout["yaxis"] |= {"domain": [0.11, 1], "rangemode": "tozero"}
    figure_layout["xaxis"]["anchor"] = "y2"
    figure_layout["yaxis2"] = {
        "domain": [0, 0.06], "range": [0, 1], "fixedrange": True,
        "showticklabels": False, "showgrid": False, "zeroline": False,
    }  # fmt: skip
    return result(data, figure_layout, _summary(columns, which))


def ribbon(columns: Columns, x: str, name: str) -> list[dict[str, Any]]:
    """Three stepped areas on the second axis, one per verdict, hatched as well as coloured."""
    return [
        trace(columns, x, {"cost": name, "verdict": word}, word, title, yaxis="y2",
              fill="tozeroy", fillcolor=translucent(COLOURS[word], 0.85), showlegend=False,
              fillpattern={"shape": pattern, "solidity": 0.35, "size": 6, "fillmode": "overlay",
                           "fgcolor": "#ffffff"},
              hoverinfo="skip", line={"width": 0, "shape": "hvh"})
        for word, title, pattern in RIBBON
    ]  # fmt: skip


def regret(columns: Columns, context: Context) -> dict[str, Any]:
    """Cumulative cost regret Σ max(0, J_C - d) of every cost."""
    data = [
        trace(columns, context.x, {"column": f"regret_{c.name}"}, "cost", c.title,
              line={"dash": DASHES[i % len(DASHES)]})
        for i, c in enumerate(context.costs)
    ]  # fmt: skip
    totals = ", ".join(
        f"{number(last(column(columns, f'regret_{c.name}')))} for {c.title}" for c in context.costs
    )
    figure_layout = layout("Cost regret", context.x, "Σ max(0, cost − limit)")
    figure_layout["yaxis"]["rangemode"] = "tozero"
    return result(data, figure_layout, f"The cost regret so far is {totals}.")


def _summary(columns: Columns, which: CostContext) -> str:
    means, errors, limits = (
        column(columns, f"{kind}_{which.name}") for kind in ("cost", "cost_se", "limit")
    )
    verdicts = [verdict(m, s, d) for m, s, d in zip(means, errors, limits, strict=True)]
    over = sum(v in (OVER, NOISE) for v in verdicts)
    return (
        f"{which.title} is {number(last(means))} against a limit of {which.limit:g}; "
        f"{over} of {len(means)} rows shown are over the limit."
    )
