"""The tables of speed, made from kept lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import met, write_report


def _line(figure: str, value: float, **more: Any) -> str:
    plain = {"figure": figure, "value": value, "unit": "s", "command": "python -m benchmarks.x",
             "date": "2026-01-02", "machine": "2 cores", "load": 0.5}  # fmt: skip
    return json.dumps(plain | more)


def test_the_newest_line_of_a_figure_counts_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    kept, page = tmp_path / "speed.jsonl", tmp_path / "results.md"
    kept.write_text(
        "\n".join([_line("start", 9.0, target="<= 2"), _line("end", 1.0),
                   '{"figure": "page", "median": 3.5, "unit": "s", "target": 2, "command": "c", '
                   '"date": "", "machine": "2 cores", "load": 1}',
                   _line("start", 1.5, target="<= 2", cpu_s=0.25), '{"note": "no figure"}'])
    )  # fmt: skip
    page.write_text("before\n<!-- speed:begin -->\nold\n<!-- speed:end -->\nafter\n")
    write_report(kept, page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("<!-- speed:end -->\nafter\n")
    assert "| start | <= 2 s | 1.5 s | yes | cpu_s 0.25 |" in text
    assert "| end |  | 1 s |  |  |" in text
    assert "| page | <= 2 s | 3.5 s | **no** |  |" in text
    assert "`python -m benchmarks.x`, 2026-01-02" in text
    assert "Machine: 2 cores." in text
    assert "old" not in text
    assert "9 s" not in text


@pytest.mark.parametrize(
    ("value", "target", "expected"),
    [(0.85, ">= 0.85", True), (0.84, ">= 0.85", False), (3.1, "<= 3", False), (7.0, "", None)],
)
def test_a_target_is_a_comparison_with_a_number(
    value: float, target: str, expected: bool | None
) -> None:
    assert met(value, target) is expected
