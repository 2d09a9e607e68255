"""Generated trust-region problems of every kind that breaks a closed form.

They are built in whitened coordinates, where the trust region is a ball of radius sqrt(2δ) and a
degenerate position can be placed exactly, and then carried to coordinates in which H has the
wanted condition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

KINDS = (
    "general", "c zero", "b zero", "b parallel to g", "b antiparallel to g", "b orthogonal to g",
    "b nearly parallel to g", "g zero", "tangent plane", "nearly tangent plane", "duplicates",
    "duplicates with other limits", "near duplicates", "slab", "closed slab", "vertex", "conflict",
    "all over their limits",
)  # fmt: skip


@dataclass(frozen=True)
class Instance:
    """Maximise g·x, c + Bx <= 0, ½ xᵀHx <= delta."""

    kind: str
    g: Vector
    B: Matrix
    c: Vector
    H: Matrix
    delta: float

    def scaled(self, factors: Vector) -> Instance:
        """The same problem with each (b_i, c_i) multiplied by factors_i > 0."""
        return replace(self, B=factors[:, None] * self.B, c=factors * self.c)


def generate(
    rng: np.random.Generator, kind: str, n: int, m: int, condition: float, decades: float = 6.0
) -> Instance:
    """One instance of `kind` (of KINDS) with n parameters and m constraints.

    (b_i, c_i), g and H are each scaled by 10^±`decades`, δ lies between 1e-4 and 1.
    """
    a = _unit(rng.normal(size=n))
    normals = np.array([_unit(rng.normal(size=n)) for _ in range(m)]).reshape(m, n)
    # In radii of the ball: half of the planes cut it, the others lie around it.
    offsets = rng.uniform(-1.3, 1.0, size=m)
    if m:
        a, normals, offsets = _degenerate(rng, kind, a, normals, offsets)
    elif kind == "g zero":
        a = 0 * a

    delta = 10 ** rng.uniform(-4, 0)
    radius = np.sqrt(2 * delta)
    rotation = np.linalg.qr(rng.normal(size=(n, n)))[0]
    spectrum = np.logspace(0, np.log10(condition), n) * 10 ** rng.uniform(-decades, decades)
    root = rotation * np.sqrt(spectrum)
    scales = 10 ** rng.uniform(-decades, decades, size=m)
    return Instance(
        kind=kind,
        g=root @ a * 10 ** rng.uniform(-decades, decades),
        B=scales[:, None] * (normals @ root.T),
        c=scales * offsets * radius,
        H=root @ root.T,
        delta=delta,
    )


def _degenerate(
    rng: np.random.Generator, kind: str, a: Vector, normals: Matrix, offsets: Vector
) -> tuple[Vector, Matrix, Vector]:
    m = len(offsets)
    first, last = 0, m - 1
    sign = rng.choice([-1.0, 1.0])
    if kind == "c zero":
        offsets[rng.random(m) < 0.7] = 0.0
        offsets[first] = 0.0
    elif kind == "b zero":
        normals[first] = 0.0
        offsets[first] = rng.choice([-1.0, 0.0, 1.0])
    elif kind == "b parallel to g":
        normals[first] = a
    elif kind == "b antiparallel to g":
        normals[first] = -a
    elif kind == "b orthogonal to g":
        normals[first] = _unit(normals[first] - (normals[first] @ a) * a)
    elif kind == "b nearly parallel to g":
        angle = 10 ** rng.uniform(-9, -2)
        normals[first] = sign * _unit(a + angle * normals[first])
    elif kind == "g zero":
        a = 0.0 * a
    elif kind == "tangent plane":
        offsets[first] = sign
    elif kind == "nearly tangent plane":
        offsets[first] = sign * (1 + rng.choice([-1.0, 1.0]) * 10 ** rng.uniform(-8, -3))
    elif kind.startswith("duplicates"):
        normals[last] = normals[first]
        offsets[last] = offsets[first] + ("limits" in kind) * rng.normal() * 0.3
    elif kind == "near duplicates":
        normals[last] = _unit(normals[first] + 10 ** rng.uniform(-9, -2) * normals[last])
        offsets[last] = offsets[first]
    elif kind.endswith("slab"):
        normals[last] = -normals[first]
        offsets[last] = -offsets[first] - ("closed" not in kind) * 10 ** rng.uniform(-6, 0)
    elif kind == "vertex":
        corner = _unit(rng.normal(size=len(a))) * rng.uniform(0, 1)
        offsets[:] = -normals @ corner
    elif kind == "conflict":
        normals[last] = -normals[first]
        offsets[first], offsets[last] = rng.uniform(-0.5, 1.5), rng.uniform(0.5, 1.5)
    elif kind == "all over their limits":
        offsets[:] = rng.uniform(0, 2, size=m)
    return a, normals, offsets


def _unit(v: Vector) -> Vector:
    return v / np.linalg.norm(v)
