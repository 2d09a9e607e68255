"""The list of mutations keeps up with the code, and every one of them is noticed."""

from __future__ import annotations

import pytest

from tests.mutations import MUTATIONS, ROOT, Mutation, mutated


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_mutation_still_has_its_place(mutation: Mutation) -> None:
    source = (ROOT / mutation.path).read_text()
    assert mutated(mutation, source) != source
    for tests in mutation.tests.split():
        assert (ROOT / tests.partition("::")[0]).exists()
