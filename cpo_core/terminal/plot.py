"""A run's figures as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.io

from cpo_core import figures
from cpo_core.spec import registry


def write_page(out: Path, config: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]) -> Path:
    """Every figure of a run with this plain config and these metric columns, at `out`."""
    task = registry.find_task(config["task"])
    costs = [
        {"name": c.name, "title": c.title, "limit": config["limits"][c.name], "unit": c.unit}
        for c in task.costs
    ]
    context = {"costs": costs, "delta": config["delta"], "x": "iteration"}
    parts = []
    for entry in figures.names(context):
        drawn = go.Figure(figures.figure(entry["name"], columns, context))
        library: Any = False if parts else "inline"
        parts.append(plotly.io.to_html(drawn, include_plotlyjs=library, full_html=False))
    title = escape(f"{config['algorithm']} on {config['task']}, seed {config['seed']}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(
        f"<!doctype html><meta charset='utf-8'><title>{title}</title><h1>{title}</h1>"
        + "".join(parts),
        encoding="utf-8",
    )
    return out
