"""The list of mutations keeps up with the code.

That each is noticed by its tests is what `make mutations` (`python -m tests.mutations`) shows.
"""

from __future__ import annotations

import pytest

from tests.mutations import MUTATIONS, ROOT, Mutation, mutated


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_mutation_still_has_its_place(mutation: Mutation) -> None:
    source = (ROOT / mutation.path).read_text()
    assert mutated(mutation, source) != source
    for tests in mutation.tests.split():
        assert (ROOT / tests.partition("::")[0]).exists()
