"""What each update did: KL against δ, multipliers, the line search, prediction and measurement."""

from __future__ import annotations

from typing import Any

from cpo_core.figures import optimism
from cpo_core.figures.context import Context, CostContext
from cpo_core.figures.expressions import Columns, column
from cpo_core.figures.style import DASHES, bound_line, last, layout, number, result, trace

LAMBDA, NU = "λ (trust-region multiplier)", "ν (cost multiplier)"


def kl(columns: Columns, context: Context) -> dict[str, Any]:
    """Mean KL divergence of each update, with the line of the trust region δ."""
    data = [trace(columns, context.x, {"column": "kl"}, "kl", "KL of the update")]
    shapes = []
    if context.delta is not None:
        shapes.append(bound_line(context.delta, f"δ {context.delta:g}"))
    figure_layout = layout("KL per update", context.x, "nats", shapes=shapes, showlegend=False)
    figure_layout["yaxis"]["rangemode"] = "tozero"
    newest = number(last(column(columns, "kl")))
    bound = "" if context.delta is None else f" against a trust region of {context.delta:g}"
    return result(data, figure_layout, f"The newest update moved by {newest} nats{bound}.")


def multipliers(columns: Columns, context: Context) -> dict[str, Any]:
    """λ of the trust region (left axis) and ν of each cost (right axis)."""
    data = [trace(columns, context.x, {"column": "lambda"}, "lambda", LAMBDA)]
    data += [
        trace(columns, context.x, {"column": f"nu_{c.name}"}, "nu", f"{NU}, {c.title}", yaxis="y2",
              line={"dash": DASHES[(i + 1) % len(DASHES)]})
        for i, c in enumerate(context.costs)
    ]  # fmt: skip
    figure_layout = layout("Multipliers", context.x, LAMBDA)
    figure_layout["yaxis2"] = {
        "title": {"text": NU}, "overlaying": "y", "side": "right",
        "zeroline": False, "showgrid": False, "rangemode": "tozero", "tickmode": "auto",
        "nticks": 5,
    }  # fmt: skip
    figure_layout["margin"]["r"] = 52
    summary = f"The newest λ is {number(last(column(columns, 'lambda')))}."
    return result(data, figure_layout, summary)


def line_search(columns: Columns, context: Context) -> dict[str, Any]:
    """Tries of the line search (left) and the accepted share of the step (right); × rejected."""
    rejected = {"column": "accepted", "equals": False}
    data = [
        trace(columns, context.x, {"column": "step_fraction"}, "surrogate", "accepted fraction"),
        trace(columns, context.x, {"column": "line_search_tries"}, "promised", "tries", yaxis="y2",
              line={"dash": "dot", "shape": "hvh"}),
        trace(columns, context.x, rejected, "rejected", "rejected", mode="markers", yaxis="y3",
              marker={"symbol": "x", "size": 8}),
    ]  # fmt: skip
    figure_layout = layout("Line search", context.x, "accepted fraction")
    figure_layout["yaxis"] |= {"range": [0, 1.05]}
    figure_layout["yaxis2"] = {
        "title": {"text": "tries"}, "overlaying": "y", "side": "right",
        "zeroline": False, "showgrid": False, "rangemode": "tozero", "tickmode": "auto",
        "nticks": 5,
    }  # fmt: skip
    # 1 lies inside this axis and 0 below it, so that only rejected updates are marked.
    figure_layout["yaxis3"] = {"overlaying": "y", "range": [0.94, 2], "visible": False}
    figure_layout["margin"]["r"] = 52
    count = sum(v is False for v in column(columns, "accepted"))
    return result(data, figure_layout, f"{count} of the updates shown were rejected.")


def promised_return(columns: Columns, context: Context) -> dict[str, Any]:
    """Change of the return that the linear model predicted, and what the next batch measured.

    The running mean of measured - predicted is the mean prediction error (below 0: the model
    predicts too much).
    """
    x = context.x
    columns = _with_optimism(columns, "return")
    data = [
        trace(columns, x, {"column": "promised_return"}, "promised", "predicted",
              line={"dash": "dot"}),
        trace(columns, x, {"column": "surrogate_return"}, "surrogate", "surrogate on the batch",
              line={"dash": "dash"}, visible="legendonly"),
        trace(columns, x, {"column": "measured_return"}, "measured", "measured", late=True,
              line={"width": 1.25}),
        _gap(columns, x, "return"),
    ]  # fmt: skip
    newest = number(last(data[-1]["y"]))
    summary = f"The mean prediction error of the return's change is {newest}."
    figure_layout = layout("Return: predicted and measured", x, "change per update")
    return result(data, figure_layout, summary)


def promised_cost(columns: Columns, context: Context, which: CostContext) -> dict[str, Any]:
    """The predicted change of a cost, in-sample and across folds, against the next batch.

    The running mean of measured - predicted is the mean prediction error (above 0: the model
    predicts too low a cost).
    """
    x, name = context.x, which.name
    columns = _with_optimism(columns, name)
    data = [
        trace(columns, x, {"column": f"promised_{name}"}, "promised", "predicted, in sample",
              line={"dash": "dot"}),
        trace(columns, x, {"column": f"surrogate_{name}"}, "surrogate", "surrogate on the batch",
              line={"dash": "dash"}, visible="legendonly"),
        trace(columns, x, {"column": f"measured_{name}"}, "measured", "measured", late=True,
              line={"width": 1.25}),
        _gap(columns, x, name),
    ]  # fmt: skip
    if last(column(columns, f"crossfit_{name}")) is not None:
        expression = {"column": f"crossfit_{name}"}
        data.insert(
            1, trace(columns, x, expression, "crossfit", "predicted, across folds",
                     line={"dash": "dashdot"})
        )  # fmt: skip
    newest = number(last(data[-1]["y"]))
    summary = f"The mean prediction error of the change of {which.title} is {newest}."
    figure_layout = layout(f"{which.title}: predicted and measured", x, "change per update")
    return result(data, figure_layout, summary)


def _gap(columns: Columns, x: str, name: str) -> dict[str, Any]:
    gap = {"column": f"optimism_{name}"}
    return trace(columns, x, gap, "gap", "mean prediction error", line={"width": 2.5})


def _with_optimism(columns: Columns, name: str) -> Columns:
    """The service stores the running mean in each row; a whole history is enough to know it too."""
    measured, promised, gap = (f"{kind}_{name}" for kind in ("measured", "promised", "optimism"))
    iterations = column(columns, "iteration")
    whole = iterations == list(range(1, len(iterations) + 1))
    if gap in columns or not whole:
        return columns
    values = optimism.column(column(columns, measured), column(columns, promised))
    return {**columns, gap: values}
