"""Trace expressions give the same values here and in the page (both read expressions.json)."""

import json
from pathlib import Path

import pytest

from cpo_core.figures.expressions import evaluate, verdict

SHARED = json.loads((Path(__file__).parent / "expressions.json").read_text())


@pytest.mark.parametrize("row", SHARED["table"], ids=lambda row: json.dumps(row["expression"]))
def test_every_expression_of_the_shared_table_has_its_values(row):
    assert evaluate(row["expression"], SHARED["columns"]) == pytest.approx(row["values"])


def test_no_rows_give_no_values():
    assert evaluate({"column": "iteration", "previous": True}, {"iteration": []}) == []


def test_an_unknown_expression_is_refused_by_its_content():
    with pytest.raises(ValueError, match="median"):
        evaluate({"median": "return"}, {"return": [1.0]})


@pytest.mark.parametrize(
    ("mean", "se", "limit", "expected"),
    [(5, 0, 5, "within"), (5.1, 0.2, 5, "noise"), (5.1, None, 5, "over"), (None, 1, 5, None)],
)
def test_verdict_tells_noise_from_violation(mean, se, limit, expected):
    assert verdict(mean, se, limit) == expected
