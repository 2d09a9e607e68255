"""Reports as training would make them, without training."""

from __future__ import annotations

from typing import Any

from cpo_core.spec.reports import CostReport, IterationReport


def report(
    iteration: int, cost: float = 4.0, value: float | None = None, **fields: Any
) -> IterationReport:
    """Iteration `iteration` of Point-Circle with this cost (its limit is 5) and return `value`."""
    base: dict[str, Any] = {
        "iteration": iteration, "env_steps": iteration * 1000, "episodes": 20,
        "episode_length": 50.0, "return_mean": float(iteration) if value is None else value,
        "return_se": 0.5, "kl": 0.009, "delta": 0.01, "entropy": 1.0, "case": "reward",
        "accepted": True, "line_search_tries": 1, "step_fraction": 1.0, "lam": 2.0, "q": 0.1,
        "promised_return": 0.5, "surrogate_return": 0.4, "measured_return": None,
        "explained_variance": 0.5, "seconds_sampling": 0.1, "seconds_update": 0.05,
        "seconds_values": 0.05, "seconds_total": 0.2,
        "costs": (CostReport("outside", 5.0, cost, 0.2, cost - 5.0),),
        "geometry": {"gram": ((1.0, 0.0), (0.0, 1.0)), "coordinates": (0.1, 0.2)},
    }  # fmt: skip
    return IterationReport(**(base | fields))
