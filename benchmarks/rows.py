"""Append-only CSV rows, one per iteration, that survive an interruption."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def _short(value: Any) -> Any:
    return f"{value:.7g}" if isinstance(value, float) else value


class RowFile:
    """A CSV file with an `iteration` column; its header comes from the first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> list[dict[str, str]]:
        """All rows so far."""
        if not self.path.exists():
            return []
        with self.path.open(newline="") as file:
            return list(csv.DictReader(file))

    def keep_up_to(self, iteration: int) -> None:
        """Drop rows past `iteration`: they are run again from the checkpoint.

        The file is replaced in one move, so an interruption leaves the old rows or the new ones.
        """
        kept = [row for row in self.read() if int(row["iteration"]) <= iteration]
        if not kept:
            self.path.unlink(missing_ok=True)
            return
        fresh = self.path.with_suffix(".tmp")
        with fresh.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(kept[0]))
            writer.writeheader()
            writer.writerows(kept)
        os.replace(fresh, self.path)

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row and flush it."""
        new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow({k: _short(v) for k, v in row.items()})
