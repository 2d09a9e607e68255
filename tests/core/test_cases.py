"""The words for the cases of an update, which the terminal and the log share."""

from __future__ import annotations

import pytest

from cpo_core.solvers.in_span import Case
from cpo_core.spec import cases


def test_every_case_of_the_solver_has_words():
    assert {str(case) for case in Case} | {"rejected"} == set(cases.TITLES)


@pytest.mark.parametrize(
    ("case", "accepted", "words"),
    [
        ("recoverable", True, "infeasible, recoverable"),
        ("recoverable", False, "rejected"),
        ("hold", False, "skipped"),
        ("of_another_package", True, "of_another_package"),
    ],
)
def test_a_refused_step_is_rejected_and_a_foreign_case_keeps_its_name(case, accepted, words):
    assert cases.title(case, accepted) == words
