"""Figures of a run: metric columns in, Plotly JSON (plain dictionaries) out. Light floor.

One function per figure. Every limit is a line, labelled with its value. Each trace's `meta` holds
`role` (its colour's meaning) and the expressions `x`, `y` that extend it by new rows, so that a
page never fetches history twice; `layout.uirevision` keeps zoom through updates and
`layout.meta.summary` says the figure in one sentence. Nothing here imports plotly: the dictionaries
go to a browser, to `plotly.graph_objects.Figure(…)` in a notebook, or to the command line alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cpo_core.figures import costs, learning, updates
from cpo_core.figures.context import Context, CostContext
from cpo_core.figures.expressions import Columns

_Maker = Callable[[Columns, Context], dict[str, Any]]
_CostMaker = Callable[[Columns, Context, CostContext], dict[str, Any]]

_RUN: Mapping[str, tuple[str, _Maker]] = {
    "return": ("Return", learning.return_),
    "kl": ("KL per update", updates.kl),
    "multipliers": ("Multipliers λ and ν", updates.multipliers),
    "line-search": ("Line search", updates.line_search),
    "promised-return": ("Return: predicted and measured", updates.promised_return),
    "regret": ("Cost regret", costs.regret),
    "entropy": ("Entropy", learning.entropy),
    "explained-variance": ("Value functions", learning.explained_variance),
    "seconds": ("Time per iteration", learning.seconds),
}
_PER_COST: Mapping[str, tuple[str, _CostMaker]] = {
    "cost": ("Cost: {title}", costs.cost),
    "promised": ("{title}: predicted and measured", updates.promised_cost),
}
_ORDER = (
    "return", "cost", "kl", "multipliers", "promised", "promised-return", "line-search", "regret",
    "entropy", "explained-variance", "seconds",
)  # fmt: skip


def names(context: Mapping[str, Any] | Context) -> list[dict[str, Any]]:
    """The figures of a run, most important first: `name`, `title`, and `cost` where it has one.

    A figure of one cost is called `<kind>-<cost>`, as in `cost-outside`.
    """
    found: list[dict[str, Any]] = []
    for kind in _ORDER:
        if kind in _RUN:
            found.append({"name": kind, "title": _RUN[kind][0], "cost": None})
            continue
        title = _PER_COST[kind][0]
        found += [
            {"name": f"{kind}-{c.name}", "title": title.format(title=c.title), "cost": c.name}
            for c in Context.of(context).costs
        ]
    return found


def figure(name: str, columns: Columns, context: Mapping[str, Any] | Context) -> dict[str, Any]:
    """The figure called `name` as `{"data": […], "layout": {…}}`.

    `columns` are those of `cpo_core.spec.reports.columns`, all of one length (none is fine);
    `context` is plain: `costs` (each with name, title, limit), `delta`, `x` (iteration, env_steps
    or elapsed_seconds). Raises KeyError with the known names, ValueError for an unknown `x`.
    """
    known = Context.of(context)
    if name in _RUN:
        return _RUN[name][1](columns, known)
    kind, _, cost_name = name.partition("-")
    for cost in known.costs:
        if kind in _PER_COST and cost.name == cost_name:
            return _PER_COST[kind][1](columns, known, cost)
    raise KeyError(f"{name!r}: the figures are {', '.join(n['name'] for n in names(known))}")
