"""The common look of all figures: colours by role, the layout, and lines that name a bound.

Colours are the light ones; a page with another scheme recolours by each trace's `meta.role`.
Roles that carry a meaning differ by dash or pattern as well, so colour is never the only sign.
"""

from __future__ import annotations

from typing import Any

from cpo_core.figures.expressions import Columns, Expression, evaluate

COLOURS = {
    "return": "#2f5fd0",
    "cost": "#b4540a",
    "limit": "#c2255c",
    "kl": "#5f4bb6",
    "entropy": "#0b7285",
    "lambda": "#5c6370",
    "nu": "#c2255c",
    "promised": "#868e96",
    "crossfit": "#5f4bb6",
    "surrogate": "#0b7285",
    "measured": "#1f2933",
    "gap": "#b4540a",
    "rejected": "#c92a2a",
    "within": "#0f8a6e",
    "noise": "#d9a400",
    "over": "#d1432b",
    "reward": "#2f5fd0",
    "boundary": "#b98900",
    "recovery": "#8e44ad",
    "other": "#868e96",
}
CATEGORIES = (
    "#3834ff", "#c1860c", "#06765a", "#f00866", "#3499cf", "#6a2f71", "#842217", "#976104",
)  # fmt: skip
"""Told apart with every common colour vision, by at least 14 (CIEDE2000), as the tests measure;
paired with DASHES and markers, because in grey they are not."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

X_TITLES = {
    "iteration": "iteration",
    "env_steps": "environment steps",
    "elapsed_seconds": "elapsed time (s)",
}


def trace(
    columns: Columns,
    x: str,
    y: Expression,
    role: str,
    name: str,
    *,
    late: bool = False,
    **style: Any,
) -> dict[str, Any]:
    """One scatter trace with its data and, in `meta`, the expressions that extend it.

    `late` puts a value where its iteration began: what the batch showed of the update before.
    """
    x_expression = {"start": x} if late else {"column": x}
    line = {"color": COLOURS[role], "width": 1.75, **style.pop("line", {})}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": evaluate(x_expression, columns),
        "y": evaluate(y, columns),
        "line": line,
        "meta": {"role": role, "x": x_expression, "y": dict(y)},
        **style,
    }


def band(
    columns: Columns, x: str, mean: str, se: str, role: str, times: float = 1.0
) -> list[dict[str, Any]]:
    """Two invisible edges with the area between them filled: mean ± times·se."""
    common: dict[str, Any] = {"showlegend": False, "hoverinfo": "skip"}
    edges = [
        trace(columns, x, {"column": mean, "plus": se, "times": k}, role, "± standard error",
              line={"width": 0}, **common)
        for k in (-times, times)
    ]  # fmt: skip
    edges[1] |= {"fill": "tonexty", "fillcolor": translucent(COLOURS[role], 0.16)}
    for edge in edges:
        edge["meta"] |= {"band": True}
    return edges


def bound_line(value: float, label: str, role: str = "limit", axis: str = "y") -> dict[str, Any]:
    """A horizontal line across the figure, labelled with its name and value."""
    return {
        "type": "line",
        # A little beyond the plot, so that the label does not touch the end of a curve.
        "xref": "paper", "x0": 0, "x1": 1.012, "yref": axis, "y0": value, "y1": value,
        "line": {"color": COLOURS[role], "width": 1.5, "dash": "dash"},
        "label": {
            # Beside the plot, where no curve runs through it.
            "text": label, "textposition": "end", "yanchor": "middle", "xanchor": "left",
            "font": {"color": COLOURS[role], "size": 12},
        },
        "name": role,
    }  # fmt: skip


def layout(title: str, x: str, y_title: str, **more: Any) -> dict[str, Any]:
    """The layout of a time figure. `uirevision` holds zoom and hidden traces through updates."""
    # A label beside a line that runs above all curves would be cut in half.
    room = [1.1 * shape["y0"] for shape in more.get("shapes", ()) if shape["y0"] > 0]
    return {
        "title": {"text": title},
        "uirevision": x,
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "margin": {"l": 56, "r": 66 if more.get("shapes") else 16, "t": 36, "b": 40},
        "xaxis": {"title": {"text": X_TITLES[x]}, "zeroline": False, "showspikes": True},
        "yaxis": {
            "title": {"text": y_title},
            "zeroline": False,
            "rangemode": "normal",
            **({"autorangeoptions": {"include": room}} if room else {}),
        },
        **more,
    }


def result(
    data: list[dict[str, Any]], layout: dict[str, Any], summary: str, **meta: Any
) -> dict[str, Any]:
    """Plotly JSON; `layout.meta.summary` is one sentence for people who do not see the figure."""
    layout["meta"] = {"summary": summary, **meta}
    return {"data": data, "layout": layout}


def number(value: float | None) -> str:
    """Four significant digits at most, or a dash."""
    return "–" if value is None else f"{value:.4g}"


def last(values: list[Any]) -> Any:
    """The newest known value, or None."""
    return next((v for v in reversed(values) if v is not None), None)


def translucent(colour: str, alpha: float) -> str:
    """`#rrggbb` as `rgba(r,g,b,alpha)`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
