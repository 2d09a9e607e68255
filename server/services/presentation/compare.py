"""Comparisons: runs in groups, seeds aggregated, drawn by cpo_core.figures.comparison."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cpo_core.figures import comparison
from cpo_core.figures.groups import Group, Member, finals
from cpo_core.spec import registry
from server.errors import Invalid
from server.models import Run
from server.services.measurements import curves
from server.services.presentation import listing, views

MOST = 60
"""At most so many runs are drawn at once; the answer says how many there are."""
OWN = {"algorithm": "algorithm", "task": "task", "preset": "preset", "seed": "seed", "tags": "tag"}
EACH = "run"
IGNORED = frozenset({"task", "algorithm", "seed"})
KEPT_GROUPS = 40
_groups: OrderedDict[tuple[str, ...], Group] = OrderedDict()
_keeping = threading.Lock()

XAxis = Literal["iteration", "env_steps", "elapsed_seconds"]


@dataclass(frozen=True)
class Wish:
    """What to compare: run ids, or a filter; how to group and draw."""

    ids: Sequence[str]
    chosen: listing.Filter
    group: str | None = None
    x: XAxis = "iteration"
    statistic: Literal["mean", "iqm"] = "mean"
    window: tuple[float, float] | None = None
    singles: bool = False
    figures: bool = True


def compare(session: Session, wish: Wish) -> dict[str, Any]:
    """The comparison as schemas.compare.Comparison has it; raises Invalid for a bad field."""
    found, total = _runs(session, wish)
    fields = _fields(found)
    group = wish.group or ("tags" if wish.chosen.study and _labelled(found) else "algorithm")
    if group not in dict(fields) and found:
        known = ", ".join(dict(fields))
        raise Invalid(f"Runs cannot be grouped by {group!r}.", [("group", f"choose {known}")])
    groups = grouped(session, found, group)
    by_id = {run.id: run for run in found}
    costs = cost_titles(found)
    return {
        "shown": len(found), "total": total, "group": group,
        "rows": sum(len(m.columns["iteration"]) for g in groups for m in g.members),
        "fields": [{"name": n, "title": t} for n, t in fields],
        "groups": [_group_view(g, by_id) for g in groups],
        "costs": [{"name": n, "title": t} for n, t in costs],
        "figures": drawn(groups, costs, found, wish) if wish.figures else [],
    }  # fmt: skip


def drawn(
    groups: Sequence[Group], costs: Sequence[tuple[str, str]], found: Sequence[Run], wish: Wish
) -> list[dict[str, Any]]:
    """Every figure of the comparison."""
    deltas = {run.config.get("delta") for run in found}
    view = comparison.View(
        costs=tuple(costs), x=wish.x, statistic=wish.statistic, window=wish.window,
        singles=wish.singles, delta=deltas.pop() if len(deltas) == 1 else None,
    )  # fmt: skip
    made = []
    for name, title in comparison.names(view.costs):
        figure = comparison.figure(name, groups, view)
        made.append(figure | {"name": name, "title": title,
                              "summary": figure["layout"]["meta"]["summary"]})  # fmt: skip
    return made


def grouped(session: Session, found: Sequence[Run], field: str) -> list[Group]:
    """Runs with the same value of the field together, in order of first appearance."""
    members: dict[str, list[Run]] = {}
    for run in found:
        members.setdefault(_value(run, field), []).append(run)
    return [_kept(_group(session, name, own)) for name, own in members.items()]


def _group(session: Session, name: str, own: Sequence[Run]) -> Group:
    members = tuple(Member(r.id, title(r), r.seed, curves.read(session, r)) for r in own)
    return Group(name=name, members=members, limits=own[0].config["limits"])


def _kept(group: Group) -> Group:
    """The same group from before if none of its runs has a new row: it knows what it drew."""
    key = (group.name, *(m.id for m in group.members))
    with _keeping:
        before = _groups.get(key)
        if before is None or not _same(before, group):
            _groups[key] = before = group
        _groups.move_to_end(key)
        while len(_groups) > KEPT_GROUPS:
            _groups.popitem(last=False)
    return before


def _same(one: Group, other: Group) -> bool:
    pairs = zip(one.members, other.members, strict=True)
    return one.limits == other.limits and all(
        a.columns is b.columns and (a.title, a.seed) == (b.title, b.seed) for a, b in pairs
    )


def cost_titles(found: Sequence[Run]) -> list[tuple[str, str]]:
    """(name, title) of every cost of any of the runs."""
    titles: dict[str, str] = {}
    for run in found:
        titles |= {c.name: c.title for c in views.costs(run)}
    return list(titles.items())


def title(run: Run) -> str:
    """The run's own name, or what it is."""
    return run.name or f"{run.task} / {run.algorithm} / seed {run.seed}"


def _runs(session: Session, wish: Wish) -> tuple[list[Run], int]:
    if wish.ids:
        query = select(Run).where(Run.id.in_(list(wish.ids)), Run.deleted_at.is_(None))
        by_id = {run.id: run for run in session.scalars(query)}
        found = [by_id[i] for i in dict.fromkeys(wish.ids) if i in by_id]
        return found[:MOST], len(found)
    if wish.chosen == listing.Filter():
        return [], 0
    conditions = listing.conditions(wish.chosen)
    total = session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0
    query = select(Run).where(*conditions).order_by(Run.created_at, Run.id).limit(MOST)
    return list(session.scalars(query)), total


def _fields(found: Sequence[Run]) -> list[tuple[str, str]]:
    configs = [flat(run.config) for run in found]
    names = dict.fromkeys(name for config in configs for name in config)
    differing = [n for n in names if len({text(c.get(n)) for c in configs}) > 1]
    settings = [(f"config.{n}", f"setting {n}") for n in differing if n not in IGNORED]
    return [*OWN.items(), (EACH, "individual run"), *settings]


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted names."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _value(run: Run, field: str) -> str:
    if field == EACH:
        return f"{title(run)} ({run.id[:5]})"
    if field == "tags":
        return ", ".join(run.tags) or "no tag"
    if field == "algorithm":
        known = registry.algorithms().get(run.algorithm)
        return known.title if known else run.algorithm
    if field == "seed":
        return f"seed {run.seed}"
    if field.startswith("config."):
        name = field.removeprefix("config.")
        return f"{name} {text(flat(run.config).get(name))}"
    return str(getattr(run, field))


def text(value: Any) -> str:
    """A setting in words."""
    if isinstance(value, list):
        return ", ".join(map(text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _labelled(found: Sequence[Run]) -> bool:
    """Every run has tags, and they say more than its algorithm."""
    return all(run.tags for run in found) and any(run.tags != [run.algorithm] for run in found)


def _group_view(group: Group, by_id: Mapping[str, Run]) -> dict[str, Any]:
    ends = finals(group)
    runs = [by_id[m.id] for m in group.members]
    return {
        "name": group.name, "n": ends["n"], "return_": ends["return"],
        "seconds": ends["seconds"], "costs": ends["costs"],
        "runs": [
            {"id": r.id, "title": title(r), "seed": r.seed, "state": r.state,
             "iteration": r.iteration, "iterations": r.iterations}
            for r in runs
        ],
    }  # fmt: skip
