"""CPO's update (eq. 11) for any number of constraints.

Maximise g·x subject to c_i + b_i·x <= 0 for every i and ½ xᵀHx <= δ, where H is known by its
products only. Conjugate gradients give v ≈ H⁻¹g and w_i ≈ H⁻¹b_i; the problem is then solved
exactly inside span(v, w_1..w_m) with true products. So the linear constraints and the trust region
hold to rounding however few steps conjugate gradients took, and no closed form divides by an
unconverged quantity (a formula in q, r, s violates the true constraint by 14 to 68 % then).

Sign convention: g is the ascent direction of the reward, b_i the ascent direction of cost i, c_i
the cost's excess over its limit (<= 0: satisfied).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from cpo_core.solvers.cg import conjugate_gradients
from cpo_core.solvers.cross_fit import Folds
from cpo_core.solvers.in_span import Case, SpanStep, solve_in_span
from cpo_core.solvers.span import Span, make_span, to_matrix

__all__ = ["Case", "Folds", "LocalModel", "Step", "local_model", "solve"]

Array = Any
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """The solution and what explains it. Small arrays are NumPy, `x` is of g's library.

    With λ > 0, x = (1/λ) H⁻¹(g - Bᵀν) when conjugate gradients have converged. `predicted_reward`
    is g·x, `predicted_cost` (m,) is B x: changes, so the model's cost afterwards is c + B x.
    `crossfit_cost` (m,) is the same change with the cross-fitted terms (None without folds).
    """

    x: Array
    """(n,) change of the parameters; exactly zero when there is no step."""
    case: Case
    lam: float
    """λ of the trust region; 0 when it does not bind, and in recovery."""
    nu: Vector
    """(m,) ν_i >= 0 of the constraints; 0 where one does not bind, and in recovery."""
    predicted_reward: float
    predicted_cost: Vector
    crossfit_cost: Vector | None
    q: float
    """g·v."""
    r: Vector
    """(m,) b_i·v."""
    S: Matrix
    """(m, m) b_i·w_j, cross-fitted when folds were given."""
    gram: Matrix
    """(m+1, m+1) H-products of (v, w_1..w_m)."""
    coordinates: Vector
    """(m+1,) x in (v, w_1..w_m)."""
    unconstrained: Vector
    """(m+1,) the step that ignores all constraints, in the same basis."""
    unknown: NDArray[np.bool_]
    """(m,) costs that the batch does not know how to lower: own product across folds <= 0."""


def solve(
    g: Array,
    B: Array,
    c: Any,
    delta: float,
    hessian_product: Callable[[Array], Array],
    *,
    cg_steps: int | None = None,
    damping: float = 0.0,
    block: bool = False,
    folds: Folds | None = None,
) -> Step:
    """Solve the update for `g` (n,), `B` (m, n), `c` (m,), any m >= 0, in float64.

    `hessian_product` maps (n,) to (n,); with `block` it also maps (k, n) to (k, n), row by row, and
    is called once per CG iteration. H is symmetric positive semidefinite. `cg_steps` None runs
    until convergence. `damping` is added to H inside conjugate gradients only: the trust region
    is measured with H itself. With `folds` the constraints' linear terms come from across the
    folds (`cpo_core.solvers.cross_fit`). Raises ValueError naming a bad argument.
    """
    model = local_model(
        g, B, hessian_product, cg_steps=cg_steps, damping=damping, block=block, folds=folds
    )
    return model.step(c, delta)


def local_model(
    g: Array,
    B: Array,
    hessian_product: Callable[[Array], Array],
    *,
    cg_steps: int | None = None,
    damping: float = 0.0,
    block: bool = False,
    folds: Folds | None = None,
) -> LocalModel:
    """All that the update needs of g, B and H, whatever c and δ; arguments as in :func:`solve`."""
    xp = array_namespace(g)
    _check_gradients(xp, g, B)
    gradients = xp.concat([g[None], B])
    product = hessian_product if block else _by_rows(xp, hessian_product)
    steps = 10 * g.shape[0] + 10 if cg_steps is None else cg_steps

    if folds is None:
        directions, images = conjugate_gradients(product, gradients, steps=steps, damping=damping)
        fold_terms = None
    else:
        solutions, products = conjugate_gradients(
            product, folds.gradients(), steps=steps, damping=damping
        )
        directions, images = folds.mean(solutions), folds.mean(products)
        fold_terms = folds.linear_terms(solutions)
    span = make_span(product, directions, images)
    return LocalModel(gradients, span, span.products(gradients), fold_terms)


@dataclass(frozen=True)
class LocalModel:
    """The linear-quadratic model within span(v, w_1..w_m): from it any c and δ is solved at once.

    `gradients` (m+1, n) are g, b_1..b_m; `on_basis` (m+1, d) their products with the span's basis;
    `fold_terms` (m, m+1) the constraints' products with the directions across folds, or None.
    """

    gradients: Array
    span: Span
    on_basis: Matrix
    fold_terms: Matrix | None

    @property
    def constraints(self) -> int:
        """m."""
        return len(self.on_basis) - 1

    def step(self, c: Any, delta: float) -> Step:
        """Solve the small problem for `c` (m,) and δ and translate the answer back."""
        c = _checked(c, self.constraints, delta)
        span, fold_terms = self.span, self.fold_terms
        reward, costs = self.on_basis[0], self.on_basis[1:]
        unknown = np.zeros(len(c), dtype=bool)
        if fold_terms is None:
            found = solve_in_span(span.gram, reward, costs, c, delta)
        else:
            unknown = np.diagonal(fold_terms[:, 1:]) <= 0
            found = self._crossfit_step(fold_terms, unknown, c, delta)
        free = solve_in_span(span.gram, reward, costs[:0], c[:0], delta)
        x = _combine(span, found)
        crossfit = None if fold_terms is None else span.on_basis(fold_terms) @ found.coordinates
        on_directions = self.on_basis @ span.factor.T
        linear = on_directions[1:] if fold_terms is None else fold_terms
        return Step(
            x=x,
            case=found.case,
            lam=found.lam,
            nu=found.nu,
            predicted_reward=float(self.gradients[0] @ x),
            predicted_cost=to_matrix(self.gradients[1:] @ x, (len(c),)),
            crossfit_cost=crossfit,
            q=float(on_directions[0, 0]),
            r=linear[:, 0],
            S=linear[:, 1:],
            gram=span.directions_gram,
            coordinates=span.in_directions(found.coordinates),
            unconstrained=span.in_directions(free.coordinates),
            unknown=unknown,
        )

    def _crossfit_step(
        self, fold_terms: Matrix, unknown: NDArray[np.bool_], c: Vector, delta: float
    ) -> SpanStep:
        """The small problem with each constraint seen twice: across folds, and in-sample.

        Across folds says what will come. In-sample is what the line search will look at, on the
        same batch: a step that breaks it would be rejected. Where the folds know no direction
        (mask `unknown`), the in-sample terms stand alone.
        """
        m, costs = len(c), self.on_basis[1:]
        terms = np.where(unknown[:, None], costs, self.span.on_basis(fold_terms))
        in_sample = np.arange(2 * m) >= m
        found = solve_in_span(
            self.span.gram,
            self.on_basis[0],
            np.vstack([terms, costs]),
            np.concatenate([c, c]),
            delta,
            unknown=np.concatenate([unknown, np.zeros(m, dtype=bool)]),
            guards=in_sample,
        )
        return replace(found, nu=found.nu[:m] + found.nu[m:])


def _combine(span: Span, found: SpanStep) -> Array:
    x = 0.0 * span.directions[0]
    for row, coordinate in enumerate(found.coordinates.tolist()):
        x = x + coordinate * span.basis[row]
    return x


def _by_rows(xp: Any, product: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda block: xp.stack([product(block[row]) for row in range(block.shape[0])])


def _check_gradients(xp: Any, g: Array, B: Array) -> None:
    """ValueError names the argument that is wrong and how."""
    if g.ndim != 1:
        raise ValueError(f"g: must be a flat vector (n,), not {tuple(g.shape)}")
    if B.ndim != 2 or B.shape[1] != g.shape[0]:
        raise ValueError(f"B: must be (m, n) with n = {g.shape[0]}, not {tuple(B.shape)}")
    for name, array in (("g", g), ("B", B)):
        if not bool(xp.all(xp.isfinite(array))):
            raise ValueError(f"{name}: holds NaN or infinite entries; check rewards and costs")


def _checked(c: Any, m: int, delta: float) -> Vector:
    """`c` as a NumPy vector; ValueError names the argument that is wrong and how."""
    c = np.asarray([float(value) for value in c], dtype=np.float64)
    if len(c) != m:
        raise ValueError(f"c: needs one entry for each of the {m} rows of B, not {len(c)}")
    if not np.all(np.isfinite(c)):
        raise ValueError(f"c: must be finite, not {c.tolist()}; check costs and limits")
    if not delta > 0 or not np.isfinite(delta):
        raise ValueError(f"delta: must be a finite number above 0, not {delta}")
    return c
