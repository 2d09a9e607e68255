"""Figures that compare groups of runs, seeds aggregated: rows in, Plotly JSON out.

A group's colour, dash and marker follow from its place, so that they differ in more than hue.
Each trace's `meta` says its `group` (an index), and `part`: `line`, `band`, `run` or `mark`.
Bands are the 95 % interval of the mean, or the middle half of the seeds beside the
interquartile mean. Thinning keeps every extreme of the drawn curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from cpo_core.figures import plane, seeds
from cpo_core.figures.groups import Group
from cpo_core.figures.style import (
    CATEGORIES,
    DASHES,
    bound_line,
    layout,
    result,
    translucent,
)

STATISTICS = ("mean", "iqm")
NEVER_NEGATIVE = ("cost", "kl", "regret")
"""Columns whose axis ends at zero, whatever a wide interval over few seeds says."""
_PLAIN = {
    "return": ("Return", "return per episode"),
    "kl": ("KL per update", "nats"),
    "entropy": ("Entropy", "nats"),
}


@dataclass(frozen=True)
class View:
    """How to draw: column of the horizontal axis, statistic, and the visible range of x.

    `costs` are (name, title) pairs, `points` the greatest number of places in a curve, `singles`
    adds a thin line for each run.
    """

    costs: tuple[tuple[str, str], ...]
    x: str = "iteration"
    statistic: str = "mean"
    window: tuple[float, float] | None = None
    points: int = 400
    singles: bool = False
    delta: float | None = None


def names(costs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(name, title) of the figures, most important first."""
    found = [("return", "Return")]
    found += [(f"cost-{name}", f"Cost: {title}") for name, title in costs]
    found += [(f"plane-{name}", f"Return against {title.lower()}") for name, title in costs]
    found += [("kl", "KL per update")]
    found += [(f"regret-{name}", f"Cost regret: {title.lower()}") for name, title in costs]
    return [*found, ("entropy", "Entropy")]


def figure(name: str, groups: Sequence[Group], view: View) -> dict[str, Any]:
    """The figure called `name` as `{"data": […], "layout": {…}}`.

    Raises KeyError with the known names, ValueError for an unknown statistic.
    """
    if view.statistic not in STATISTICS:
        raise ValueError(f"statistic: {view.statistic!r} is unknown; choose {STATISTICS}")
    titles = dict(names(view.costs))
    if name not in titles:
        raise KeyError(f"{name!r}: the figures are {', '.join(titles)}")
    kind, _, cost = name.partition("-")
    if kind == "plane":
        return plane.figure(titles[name], groups, cost, dict(view.costs)[cost])
    if kind == "cost":
        limits = sorted({g.limits[cost] for g in groups if cost in g.limits})
        lines = [bound_line(d, f"limit {d:g}") for d in limits]
        return _curves(titles[name], f"cost_{cost}", "per episode", groups, view, lines)
    if kind == "regret":
        return _curves(titles[name], f"regret_{cost}", "Σ max(0, cost − limit)", groups, view, [])
    lines = []
    if kind == "kl" and view.delta is not None:
        lines = [bound_line(view.delta, f"δ {view.delta:g}")]
    return _curves(*_titled(kind), groups, view, lines)


def _titled(kind: str) -> tuple[str, str, str]:
    title, unit = _PLAIN[kind]
    return title, kind, unit


def _curves(
    title: str, column: str, unit: str, groups: Sequence[Group], view: View,
    lines: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    data: list[dict[str, Any]] = []
    said: list[str] = []
    for index, group in enumerate(groups):
        part = partial(_part, group, index, column, view)
        traces, words = group.once((column, index, view), part)
        data += traces
        said += words
    figure_layout = layout(title, view.x, unit, shapes=lines, showlegend=False)
    figure_layout["uirevision"] = f"{view.x}"
    if column.startswith(NEVER_NEGATIVE):
        figure_layout["yaxis"]["rangemode"] = "nonnegative"
    summary = f"{title}, newest mean by group: {', '.join(said)}." if said else f"{title}: no data."
    return result(data, figure_layout, summary)


def _part(
    group: Group, index: int, column: str, view: View
) -> tuple[list[dict[str, Any]], list[str]]:
    """One group's traces, and what is said of it: nothing without data."""
    members = [m.columns for m in group.members if column in m.columns]
    xs = [m[view.x] for m in members]
    places, values = seeds.on_common_places(xs, [m[column] for m in members])
    places, values = _within(places, values, view.window)
    data: list[dict[str, Any]] = []
    if view.singles and len(members) > 1:
        data += _single_lines(group, column, index, view)
    if not len(places):
        return data, []
    data += _group_traces(group, index, places, values, view)
    return data, [f"{group.name} {_last(values):.4g} ({seeds.words(len(values))})"]


def _group_traces(
    group: Group, index: int, places: seeds.Array, values: seeds.Array, view: View
) -> list[dict[str, Any]]:  # fmt: skip
    n, centre, half = seeds.mean_and_half(values)
    low, high = centre - half, centre + half
    if view.statistic == "iqm":
        centre = seeds.interquartile_mean(values)
        low, high = seeds.quartiles(values)
    keep = seeds.extremes(centre, view.points)
    x = plain(places[keep])
    colour, dash = CATEGORIES[index % len(CATEGORIES)], dash_of(index)
    data: list[dict[str, Any]] = []
    if len(values) > 1:
        interval = "middle half" if view.statistic == "iqm" else "95 % interval"
        edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip",
                "showlegend": False, "name": f"{group.name}, {interval}", "x": x}  # fmt: skip
        meta = {"group": index, "part": "band"}
        data.append(edge | {"y": plain(low[keep]), "meta": meta})
        filled = {"fill": "tonexty", "fillcolor": translucent(colour, 0.15)}
        data.append(edge | filled | {"y": plain(high[keep]), "meta": meta})
    data.append(
        {"type": "scatter", "mode": "lines", "name": group.name, "x": x, "y": plain(centre[keep]),
         "line": {"color": colour, "dash": dash, "width": 2}, "showlegend": True,
         "customdata": plain(n[keep].astype(float)),
         "hovertemplate": "%{y:.4g} (seeds: %{customdata})",
         "meta": {"group": index, "part": "line"}}
    )  # fmt: skip
    return data


def _single_lines(group: Group, column: str, index: int, view: View) -> list[dict[str, Any]]:
    found = []
    for member in group.members:
        if column not in member.columns:
            continue
        x, y = member.columns[view.x], member.columns[column]
        x, rows = _within(x, y[None], view.window)
        keep = seeds.extremes(rows[0], view.points // 2)
        found.append(
            {"type": "scatter", "mode": "lines", "name": member.title, "x": plain(x[keep]),
             "y": plain(rows[0][keep]), "showlegend": False, "hoverinfo": "skip", "opacity": 0.35,
             "line": {"color": CATEGORIES[index % len(CATEGORIES)], "width": 1},
             "meta": {"group": index, "part": "run", "run": member.id}}
        )  # fmt: skip
    return found


def _within(
    places: seeds.Array, values: seeds.Array, window: tuple[float, float] | None
) -> tuple[seeds.Array, seeds.Array]:
    """The part in `window` with one more place on either side, so that curves reach the edges."""
    if window is None or len(places) == 0:
        return places, values
    first = max(int(np.searchsorted(places, window[0])) - 1, 0)
    last = int(np.searchsorted(places, window[1], side="right")) + 1
    return places[first:last], values[:, first:last]


def dash_of(index: int) -> str:
    """The dash of group `index`: with the colour, a pair that repeats only after 48 groups."""
    return DASHES[(index + 5 * (index // len(CATEGORIES))) % len(DASHES)]


def plain(values: seeds.Array) -> list[float | None]:
    """Six significant digits at most, None for NaN: half the bytes, and no visible difference."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.floor(np.log10(np.abs(np.where(values == 0, 1.0, values))))
        scale = 10.0 ** np.clip(5 - size, 0, 300)
        short = np.round(values * scale) / scale
    return [
        None if v != v else int(v) if v.is_integer() and abs(v) < 1e15 else v
        for v in short.tolist()
    ]


def _last(values: seeds.Array) -> float:
    means = seeds.mean_and_half(values)[1]
    known = means[np.isfinite(means)]
    return float(known[-1]) if len(known) else float("nan")
