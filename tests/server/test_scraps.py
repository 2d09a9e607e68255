"""What killed downloads, exports, backups and restores leave is found once it is old."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from server.services.files.partial_files import AGE_SECONDS, scraps
from server.settings import Settings

HALVES = (
    ".fetch-ab12", ".backup-x/tables/runs.jsonl", ".restore-y/tables/runs.jsonl",
    "runs/abc/policies/.1f2e-000012-0011.onnx",
)  # fmt: skip
WHOLE = (
    "runs/abc/policies/000012-0011.onnx", "runs/.costline-store", "runs/.trash/1-abc/log",
    "runs/abc/1/checkpoints/000012.ckpt", ".secret",
)  # fmt: skip


def written(settings: Settings, name: str, age: float) -> Path:
    """A file whose topmost hidden part, where it has one, was last touched `age` seconds ago."""
    file = settings.data_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("half")
    parts = Path(name).parts
    hidden = next((i for i, part in enumerate(parts) if part.startswith(".")), len(parts) - 1)
    top = settings.data_path.joinpath(*parts[: hidden + 1])
    os.utime(top, (time.time() - age,) * 2)
    return top


@pytest.mark.parametrize("name", HALVES)
def test_an_old_half_is_a_scrap_and_a_young_one_is_being_written(settings: Settings, name: str):
    top = written(settings, name, AGE_SECONDS - 3600.0)
    assert scraps(settings) == []
    assert written(settings, name, AGE_SECONDS + 3600.0) == top
    assert scraps(settings) == [top]


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_whole_is_none_however_old(settings: Settings, name: str):
    written(settings, name, 365 * 86400.0)
    assert scraps(settings) == []
