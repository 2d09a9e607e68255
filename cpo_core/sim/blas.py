"""Keeps NumPy's matrix products on the calling thread while the cores belong to the physics.

OpenBLAS splits products of a few hundred rows among all cores and lets its threads spin between
them: measured here, the sampler then takes four times the processor time, and the physics' threads
wait for the spinning ones.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

_NAMES = ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within, NumPy's own OpenBLAS uses one thread; other BLAS libraries are left as they are."""
    found = _openblas()
    if found is None:
        yield
        return
    get, set_ = found
    before = get()
    set_(1)
    try:
        yield
    finally:
        set_(before)


@functools.cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """(get, set) of the number of threads of the OpenBLAS that NumPy's wheel carries."""
    for path in (Path(np.__file__).parents[1] / "numpy.libs").glob("*openblas*"):
        library = ctypes.CDLL(str(path))
        for name in _NAMES:
            if hasattr(library, name.format("set")):
                return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None
