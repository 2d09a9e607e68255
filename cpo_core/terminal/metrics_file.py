"""The rows of a run as a file: one JSON object per line and iteration, `metrics.jsonl`.

Light floor, apart from nothing: what `cpo-core train` writes and `cpo-core plot` reads.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cpo_core.spec.reports import Event, IterationReport, TrainingStarted, columns

NAME = "metrics.jsonl"
CONFIG = "config.json"


class MetricsFile:
    """A listener that appends each report to `directory/metrics.jsonl`.

    On resuming, rows after the checkpoint are dropped first, so every iteration is there once.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._elapsed = 0.0

    def __call__(self, event: Event) -> None:
        """Keep what belongs in the file."""
        if isinstance(event, TrainingStarted):
            self._begin(event)
        elif isinstance(event, IterationReport):
            self._elapsed += event.seconds_total
            row = columns(event) | {"elapsed_seconds": self._elapsed}
            with (self._directory / NAME).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def _begin(self, event: TrainingStarted) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        plain = {"config": event.config, "versions": event.versions}
        (self._directory / CONFIG).write_text(json.dumps(plain, indent=2), encoding="utf-8")
        path = self._directory / NAME
        kept = [row for row in _rows(path) if row["iteration"] <= event.resumed_iteration]
        path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
        self._elapsed = kept[-1]["elapsed_seconds"] if kept else 0.0


def holds_run(directory: Path) -> bool:
    """Whether rows or checkpoints of a run lie in `directory`."""
    named = any((directory / name).exists() for name in (CONFIG, NAME))
    return named or any(directory.glob("checkpoints/*.ckpt"))


def read(directory: Path) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """(config, columns) of a run's directory; raises FileNotFoundError naming what is missing."""
    for name in (CONFIG, NAME):
        if not (directory / name).is_file():
            raise FileNotFoundError(f"{directory / name}: not found; is this a run's directory?")
    config = json.loads((directory / CONFIG).read_text(encoding="utf-8"))["config"]
    rows = _rows(directory / NAME)
    names = rows[0] if rows else {}
    return config, {name: [row.get(name) for row in rows] for name in names}


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
