"""Hypothesis strategies shared by the tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.core.solvers.instances import KINDS, Instance, generate


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """A trust-region problem of any kind with 2 to 8 parameters and 0 to 5 constraints."""
    kind = draw(st.sampled_from(KINDS))
    n, m = draw(st.integers(2, 8)), draw(st.integers(0, 5))
    condition = 10 ** draw(st.floats(0, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    return generate(np.random.default_rng(seed), kind, n, m, condition)
