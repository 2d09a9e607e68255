"""The constraint record of a run, kept up to date one iteration at a time.

Sign convention: excess = J_C - d, above zero means over the limit. A state is plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpo_core.figures import optimism
from server.web.schemas import runs as schemas

EMPTY: dict[str, Any] = {"costs": {}, "best": None, "iterations": 0, "optimism": None}


def extend(
    state: Mapping[str, Any], row: Mapping[str, Any], costs: list[str], kept: bool = False
) -> dict[str, Any]:
    """The record after one more iteration; `row` has the columns of cpo_core.spec.reports.columns.

    `kept`: the policy that drew this batch is a checkpoint, so it may be the best feasible one.
    """
    before = {**EMPTY, **state}
    after = {
        "iterations": before["iterations"] + 1,
        "costs": {name: _extend_cost(before["costs"].get(name), row, name) for name in costs},
        "best": before["best"],
        "optimism": optimism.extend(before["optimism"], *_change(row, "return")),
    }
    after["totals"] = {
        "count": sum(c["count"] for c in after["costs"].values()),
        "regret": sum(c["regret"] for c in after["costs"].values()),
    }
    feasible = all(row[f"cost_{name}"] <= row[f"limit_{name}"] for name in costs)
    best, value = before["best"], row["return"]
    if kept and feasible and value is not None and (best is None or value >= best["return"]):
        # Iteration k draws its batch with the policy of checkpoint k - 1.
        after["best"] = {"iteration": row["iteration"] - 1, "return": value}
    return after


def columns(state: Mapping[str, Any], costs: list[str]) -> dict[str, Any]:
    """What the newest row says of the history before it: `optimism_return`, `optimism_<cost>`."""
    states = {"return": state["optimism"]} | {n: state["costs"][n]["optimism"] for n in costs}
    return {f"optimism_{name}": optimism.mean(found) for name, found in states.items()}


def latest(row: Mapping[str, Any], costs: list[str]) -> dict[str, Any]:
    """The newest iteration in short, as schemas.Latest has it."""
    return {
        "return": row["return"],
        "return_se": row["return_se"],
        "kl": row["kl"],
        "delta": row["delta"],
        "costs": {
            name: {
                "mean": row[f"cost_{name}"],
                "se": row.get(f"cost_se_{name}"),
                "limit": row[f"limit_{name}"],
            }
            for name in costs
        },
    }


def view(state: Mapping[str, Any], costs: list[str]) -> schemas.Summary:
    """The record as the API shows it."""
    total = state.get("iterations", 0)
    over, regret = {}, {}
    for name in costs:
        cost = {**_NEW, **state.get("costs", {}).get(name, {})}
        regret[name] = cost["regret"]
        over[name] = schemas.OverLimit(
            count=cost["count"], share=cost["count"] / total if total else 0.0,
            longest=cost["longest"], first_feasible=cost["first_feasible"], last=cost["last"],
            worst_excess=cost["worst_excess"],
        )  # fmt: skip
    best = state.get("best")
    return schemas.Summary(
        over_limit=over,
        regret=regret,
        best_feasible=schemas.BestFeasible.model_validate(best) if best else None,
    )


_NEW: dict[str, Any] = {
    "count": 0, "streak": 0, "longest": 0, "first_feasible": None, "last": None,
    "worst_excess": None, "regret": 0.0, "optimism": None,
}  # fmt: skip


def _extend_cost(
    before: Mapping[str, Any] | None, row: Mapping[str, Any], name: str
) -> dict[str, Any]:
    cost = {**_NEW, **(before or {})}
    mean, limit, iteration = row[f"cost_{name}"], row[f"limit_{name}"], row["iteration"]
    excess = mean - limit
    if excess > 0:
        cost["count"] += 1
        cost["streak"] += 1
        cost["last"] = iteration
    else:
        cost["streak"] = 0
        if cost["first_feasible"] is None:
            cost["first_feasible"] = iteration
    cost["longest"] = max(cost["longest"], cost["streak"])
    worst = cost["worst_excess"]
    cost["worst_excess"] = excess if worst is None else max(worst, excess)
    cost["regret"] += max(0.0, excess)
    cost["optimism"] = optimism.extend(cost["optimism"], *_change(row, name))
    return cost


def _change(row: Mapping[str, Any], name: str) -> tuple[float | None, float | None]:
    """How the return or a cost changed by the update before, and what this row's own predicts."""
    return row.get(f"measured_{name}"), row.get(f"promised_{name}")
