"""The array library of an array, found fast: tasks ask for it several times per step."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace


def namespace(array: Any) -> Any:
    """The namespace of `array` in the sense of the Python array API standard.

    NumPy 2 follows the standard by itself, which saves its functions a wrapper.
    """
    return np if type(array) is np.ndarray else array_namespace(array)


def side_by_side(*parts: Any) -> Any:
    """(N, sum of widths) float32 of `parts`, each (N, width) or (N,).

    Filled part by part: one pass instead of joining in float64 and converting.
    """
    first = parts[0]
    widths = [part.shape[1] if part.ndim == 2 else 1 for part in parts]
    xp, device = namespace(first), first.device
    joined = xp.empty((first.shape[0], sum(widths)), dtype=xp.float32, device=device)
    start = 0
    for part, width in zip(parts, widths, strict=True):
        if part.ndim == 2:
            joined[:, start : start + width] = part
        else:
            joined[:, start] = part
        start += width
    return joined
