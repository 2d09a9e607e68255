"""What a figure must know of its run besides the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cpo_core.figures.style import X_TITLES


@dataclass(frozen=True)
class CostContext:
    """A cost of the run: the limit is the run's own, from its configuration."""

    name: str
    title: str
    limit: float
    unit: str = "per episode"


@dataclass(frozen=True)
class Context:
    """`x` is the column on the horizontal axis; `delta` the trust region in nats."""

    costs: tuple[CostContext, ...]
    delta: float | None = None
    x: str = "iteration"

    @classmethod
    def of(cls, plain: Mapping[str, Any] | Context) -> Context:
        """From plain values: `costs` (name, title, limit[, unit]), `delta`, `x`.

        Raises ValueError naming an unknown `x`.
        """
        if isinstance(plain, Context):
            return plain
        x = plain.get("x") or "iteration"
        if x not in X_TITLES:
            raise ValueError(f"x: {x!r} is unknown; choose {', '.join(X_TITLES)}")
        costs = tuple(
            CostContext(c["name"], c.get("title") or c["name"], c["limit"],
                        c.get("unit") or "per episode")
            for c in plain.get("costs", ())
        )  # fmt: skip
        return cls(costs=costs, delta=plain.get("delta"), x=x)
