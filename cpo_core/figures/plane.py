"""Return against cost: where each group ends, and on which side of its limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cpo_core.figures.groups import Group, final
from cpo_core.figures.seeds import aggregate, words
from cpo_core.figures.style import CATEGORIES, COLOURS, layout, result

MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


def figure(title: str, groups: Sequence[Group], cost: str, cost_title: str) -> dict[str, Any]:
    """One small mark per run, one large mark per group with its 95 % intervals, limit upright."""
    data: list[dict[str, Any]] = []
    said: list[str] = []
    for index, group in enumerate(groups):
        ends = [(m, final(m, f"cost_{cost}"), final(m, "return")) for m in group.members]
        known = [(m, c, r) for m, c, r in ends if c is not None and r is not None]
        if not known:
            continue
        colour = CATEGORIES[index % len(CATEGORIES)]
        symbol = MARKERS[index % len(MARKERS)]
        if len(known) > 1:
            data.append(_runs(group, known, index, colour, symbol))
        data.append(_centre(group, known, index, colour, symbol))
        said.append(f"{group.name} at cost {data[-1]['x'][0]:.4g}, return {data[-1]['y'][0]:.4g}")
    limits = sorted({g.limits[cost] for g in groups if cost in g.limits})
    figure_layout = layout(title, "iteration", "return per episode", showlegend=False)
    figure_layout |= {"hovermode": "closest", "uirevision": "plane", "shapes": _limits(limits)}
    figure_layout["xaxis"] |= {"title": {"text": f"{cost_title} per episode"}, "showspikes": False,
                               "rangemode": "nonnegative"}  # fmt: skip
    figure_layout["margin"]["r"] = 16
    summary = f"Final return and cost: {'; '.join(said)}." if said else f"{title}: no data."
    return result(data, figure_layout, summary)


def _runs(
    group: Group, known: Sequence[Any], index: int, colour: str, symbol: str
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "name": group.name, "showlegend": False,
        "x": [c for _, c, _ in known], "y": [r for _, _, r in known],
        "text": [f"{group.name}, seed {m.seed}" for m, _, _ in known],
        "hovertemplate": "%{text}<br>cost %{x:.4g}, return %{y:.4g}<extra></extra>",
        "marker": {"color": colour, "symbol": f"{symbol}-open", "size": 8},
        "meta": {"group": index, "part": "mark"},
    }  # fmt: skip


def _centre(
    group: Group, known: Sequence[Any], index: int, colour: str, symbol: str
) -> dict[str, Any]:
    costs = aggregate([c for _, c, _ in known])
    returns = aggregate([r for _, _, r in known])
    assert costs is not None
    assert returns is not None
    bars = {"type": "data", "color": colour, "thickness": 1.5, "width": 5}
    return {
        "type": "scatter", "mode": "markers", "name": group.name, "showlegend": True,
        "x": [costs.mean], "y": [returns.mean], "text": [f"{group.name}, {words(costs.n)}"],
        "error_x": bars | {"array": [costs.half or 0.0]},
        "error_y": bars | {"array": [returns.half or 0.0]},
        "hovertemplate": "%{text}<br>cost %{x:.4g}, return %{y:.4g}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": 13},
        "meta": {"group": index, "part": "mark"},
    }  # fmt: skip


def _limits(limits: Sequence[float]) -> list[dict[str, Any]]:
    """Upright lines, labelled."""
    return [
        {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "xref": "x", "x0": d, "x1": d,
         "name": "limit", "line": {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
         "label": {"text": f"limit {d:g}", "textposition": "end", "textangle": 0,
                   "xanchor": "left", "yanchor": "top",
                   "font": {"size": 12, "color": COLOURS["limit"]}}}
        for d in limits
    ]  # fmt: skip
