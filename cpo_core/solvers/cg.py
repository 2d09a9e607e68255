"""Conjugate gradients for several right-hand sides at once.

All right-hand sides share each pass of the Hessian product (one block product per iteration), and
each row keeps its own step sizes and stops on its own. Works on NumPy arrays and torch tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from array_api_compat import array_namespace

Array = Any
BlockProduct = Callable[[Array], Array]

_FLAT = 1e-12
"""Cosine of (p, Hp) under which a direction counts as flat: H's condition would exceed 1e23."""


def conjugate_gradients(
    product: BlockProduct,
    rhs: Array,
    *,
    steps: int,
    damping: float = 0.0,
    tolerance: float = 1e-13,
) -> tuple[Array, Array]:
    """Solve (H + damping I) x_j = rhs_j for every row; returns (X, H X), both (k, n).

    `product` maps a block (k, n) to H applied to each row; H is symmetric, positive semidefinite.
    A row stops at a residual of `tolerance` relative to its right-hand side, after `steps`
    iterations, or on a direction in which H is flat (singular H), where it keeps what it has. Rows
    are normalised first, so scaling a right-hand side scales its solution and nothing else. A zero
    row gives zero. H X comes from the recursion, without a further product and without damping.
    """
    xp = array_namespace(rhs)
    size = xp.max(xp.abs(rhs), axis=1)
    size = xp.where(size > 0, size, xp.ones_like(size))
    size = size * xp.sqrt(_dots(xp, rhs / size[:, None], rhs / size[:, None]))
    nonzero = size > 0
    size = xp.where(nonzero, size, xp.ones_like(size))
    b = rhs / size[:, None]

    x, residual, direction = xp.zeros_like(b), b, b
    squared = _dots(xp, b, b)
    active = nonzero
    for _ in range(steps):
        if not bool(xp.any(active)):
            break
        image = product(direction) + damping * direction
        curvature = _dots(xp, direction, image)
        lengths = xp.sqrt(_dots(xp, direction, direction) * _dots(xp, image, image))
        active = active & (curvature > _FLAT * lengths)
        alpha = _ratio(xp, squared, curvature, active)[:, None]
        x, residual = x + alpha * direction, residual - alpha * image
        previous, squared = squared, _dots(xp, residual, residual)
        beta = _ratio(xp, squared, previous, active)[:, None]
        direction = xp.where(active[:, None], residual + beta * direction, direction)
        active = active & (squared > tolerance**2)
    images = b - residual - damping * x
    return x * size[:, None], images * size[:, None]


def _dots(xp: Any, a: Array, b: Array) -> Array:
    return xp.sum(a * b, axis=1)


def _ratio(xp: Any, above: Array, below: Array, where: Array) -> Array:
    """above / below where allowed, else 0, without dividing by zero anywhere."""
    safe = xp.where(where, below, xp.ones_like(below))
    return xp.where(where, above / safe, xp.zeros_like(above))
