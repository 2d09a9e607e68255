"""Long experiments: what a second sitting keeps of the first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import paper
from benchmarks.rows import RowFile

STUDY = paper.Study("small", "point-circle", ())
EXTRA = {"batch_size": 1000, "checkpoint_every": 1, "threads": 1, "video_every": 0}


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(paper, "SCRATCH", tmp_path / "scratch")


def _run(**extra: Any) -> list[dict[str, str]]:
    """Rows after one sitting, clocks left out."""
    paper.run_arm(STUDY, paper.Arm("cpo"), 0, EXTRA | extra)
    rows = RowFile(paper.RESULTS / "small" / "cpo-seed0.csv").read()
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]


def test_more_iterations_continue_what_is_there() -> None:
    first = _run(iterations=1)
    both = _run(iterations=2)
    assert both[:1] == first
    assert [row["iteration"] for row in both] == ["1", "2"]


def test_another_configuration_begins_again_with_rows_of_its_own() -> None:
    before = _run(iterations=2)
    after = _run(iterations=1, delta=0.001)
    assert [row["delta"] for row in after] == ["0.001"]
    assert float(after[0]["kl"]) < float(before[0]["kl"])
    assert len(list((paper.SCRATCH / "small" / "cpo-seed0" / "checkpoints").iterdir())) == 1


def test_a_folder_that_does_not_say_whose_it_is_is_continued() -> None:
    first = _run(iterations=1)
    written = paper.SCRATCH / "small" / "cpo-seed0" / "config.json"
    written.unlink()
    assert _run(iterations=2)[:1] == first
    assert json.loads(written.read_text())["iterations"] == 2


def test_rows_past_the_checkpoint_go_and_the_others_stay(tmp_path: Path) -> None:
    rows = RowFile(tmp_path / "rows.csv")
    for k in (1, 2, 3):
        rows.append({"iteration": k, "return": k / 3})
    kept = rows.read()[:2]
    rows.keep_up_to(2)
    assert rows.read() == kept
    assert [path.name for path in tmp_path.glob("rows.*")] == ["rows.csv"]
    rows.keep_up_to(0)
    assert rows.read() == []
