"""The long form of the suite: what it skips, what it expects, and what it writes down."""

from __future__ import annotations

from pathlib import Path

from tests.faults import report


def line(repetition: int, claimed: float, passed: bool = True, row: str = "x") -> report.Line:
    seconds = {"claimed": claimed, "told": 1.0} if passed else {}
    key = {"row": row, "database": "sqlite", "repetition": repetition}
    return key | {"passed": passed, "seconds": seconds, "took": 60.0}


def test_repetitions_that_are_written_down_are_not_made_again(tmp_path: Path):
    file = tmp_path / "lines.jsonl"
    file.write_text('{"row": "x", "database": "sqlite", "repetition": 1}\n{"row": "x", "datab')
    assert report.missing(report.read(file), "x", "sqlite", 3) == [0, 2]
    assert report.missing(report.read(file), "x", "postgres", 2) == [0, 1]


def test_the_plan_tells_how_long_each_row_will_take():
    told = report.plan([line(0, 1.0)], [("x", "sqlite"), ("claimers", "sqlite")], 3)
    assert "2 x    60 s (measured) =   2.0 min" in told
    assert "3 x   300 s (a guess) =  15.0 min" in told
    assert told.endswith("all together about 17 min")


def test_the_table_has_median_worst_and_failures_and_stands_between_its_marks(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nof yesterday\n{report.END}\nafter\n")
    lines = [line(0, 1.0), line(1, 2.0), line(2, 9.0), line(3, 0.0, passed=False)]
    report.write(lines, page)
    text = page.read_text()
    assert "| x | SQLite | 3 of 4 | 2.0 (9.0) |  | told 1.0 (1.0) |" in text
    assert "yesterday" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
