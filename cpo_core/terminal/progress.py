"""Training as a person follows it in a terminal: one bar, the return, each cost and its limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cpo_core.spec import cases
from cpo_core.spec.reports import (
    CheckpointSaved,
    CostReport,
    Event,
    IterationReport,
    TrainingFinished,
    TrainingStarted,
)


class ProgressBar:
    """A listener that draws; as a context manager it gives the terminal back however one leaves."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=console,
        )
        self._bar = self._progress.add_task("starting", total=None, numbers="")
        self.checkpoint: str | None = None

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Draw what the event tells."""
        if isinstance(event, TrainingStarted):
            self._started(event.config, event.resumed_iteration)
        elif isinstance(event, IterationReport):
            self._progress.update(self._bar, completed=event.iteration, numbers=numbers(event))
            if not self._console.is_terminal:
                self._console.print(
                    f"{event.iteration:5d}", numbers(event), cases.title(event.case, event.accepted)
                )
        elif isinstance(event, CheckpointSaved):
            self.checkpoint = event.path
        elif isinstance(event, TrainingFinished) and event.completed:
            self._progress.update(self._bar, description="done")

    def _started(self, config: Mapping[str, Any], resumed: int) -> None:
        self._progress.update(
            self._bar,
            description=f"{config['algorithm']} on {config['task']}",
            total=config["iterations"],
            completed=resumed,
        )


def numbers(report: IterationReport) -> Text:
    """`return 63.1  outside 4.9 / 5`, costs over their limit in red."""
    text = Text(f"return {report.return_mean:.1f}")
    for cost in report.costs:
        text.append("  ").append(_cost(cost))
    return text


def _cost(cost: CostReport) -> Text:
    over = cost.mean > cost.limit
    style = "red" if over else "green"
    mark = " over" if over else ""
    return Text(f"{cost.name} {cost.mean:.3g} / {cost.limit:g}{mark}", style=style)
