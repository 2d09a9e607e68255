"""The span of the directions v, w_1..w_m, with a basis that is orthonormal in the metric H."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

Array = Any
Matrix = NDArray[np.float64]

_REMAINDER = 1e-9
"""Relative H-length under which a direction adds nothing to those before it."""
_NULL = 1e-14
"""Cosine of (w, Hw) under which the KL model says nothing of direction w."""


@dataclass(frozen=True)
class Span:
    """`directions` = `factor` @ `basis`; `gram` = basis H basisᵀ, by a true product.

    `directions` (k, n), `basis` (d, n) with d <= k, `factor` (k, d), `gram` (d, d), near identity.
    """

    directions: Array
    basis: Array
    factor: Matrix
    gram: Matrix

    def products(self, gradients: Array) -> Matrix:
        """True products of (j, n) gradients with the basis: (j, d)."""
        return to_matrix(gradients @ self.basis.T, (gradients.shape[0], self.basis.shape[0]))

    def on_basis(self, on_directions: Matrix) -> Matrix:
        """Linear terms known on the directions (j, k), as terms on the basis (j, d)."""
        return _least_squares(self.factor, on_directions.T).T

    def in_directions(self, coordinates: Matrix) -> Matrix:
        """Coordinates (d,) in the basis, as (k,) in the directions."""
        return _least_squares(self.factor.T, coordinates)

    @property
    def directions_gram(self) -> Matrix:
        """Gram matrix (k, k) of the directions in the metric H."""
        return self.factor @ self.gram @ self.factor.T


def make_span(product: Callable[[Array], Array], directions: Array, images: Array) -> Span:
    """Span of `directions` (k, n); `images` are their products with H, good to a few digits.

    Gram-Schmidt with reorthogonalisation keeps what distinguishes nearly parallel directions, which
    the Gram matrix alone loses below an angle of 1e-8. One true block product of the basis follows,
    so the Gram matrix is exact whatever conjugate gradients left undone.
    """
    basis: list[Array] = []
    basis_images: list[Array] = []
    factor = np.zeros((directions.shape[0], directions.shape[0]))
    for row in range(directions.shape[0]):
        u, image = directions[row], images[row]
        length = _length(u, image)
        if length == 0:
            continue
        u, image = u / length, image / length
        for _ in range(2):
            for j, (q, q_image) in enumerate(zip(basis, basis_images, strict=True)):
                part = float(q_image @ u)
                u, image = u - part * q, image - part * q_image
                factor[row, j] += part * length
        remainder = _length(u, image)
        if remainder > _REMAINDER:
            factor[row, len(basis)] = remainder * length
            basis.append(u / remainder)
            basis_images.append(image / remainder)
    d = len(basis)
    if d == 0:
        return Span(directions, directions[:0], factor[:, :0], np.zeros((0, 0)))
    stacked = array_namespace(directions).stack(basis)
    gram = to_matrix(stacked @ product(stacked).T, (d, d))
    return Span(directions, stacked, factor[:, :d], (gram + gram.T) / 2)


def to_matrix(array: Array, shape: tuple[int, ...]) -> Matrix:
    """A small NumPy copy of an array of any library."""
    return np.asarray(array.tolist(), dtype=np.float64).reshape(shape)


def _least_squares(matrix: Matrix, right: Matrix) -> Matrix:
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], dtype=np.float64)


def _length(u: Array, image: Array) -> float:
    """sqrt(u·Hu), or 0 where H does not see u."""
    squared = float(u @ image)
    floor = _NULL * math.sqrt(float(u @ u) * float(image @ image))
    return math.sqrt(squared) if squared > floor else 0.0
