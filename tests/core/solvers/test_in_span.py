"""The small problem: the closed form of one constraint, recovery, and linear terms of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from cpo_core.solvers.in_span import Case, SpanStep, solve_in_span

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def _closed_form(q: float, r: float, s: float, c: float, delta: float) -> tuple[float, float]:
    """Coordinates of the step in (v, w) for one constraint: the case-free form of Theorem 2.

    Maximising convention, D = 2δ.
    """
    D = 2 * delta
    if c > 0 and c * c > s * D:
        return 0.0, -math.sqrt(D / s)
    plain = math.sqrt(D / q)
    if c + r * plain <= 0:
        return plain, 0.0
    slide = math.sqrt((D - c * c / s) / (q - r * r / s))
    return slide, -c / s - slide * r / s


def test_one_constraint_is_the_closed_form_of_theorem_2() -> None:
    rng = np.random.default_rng(0)
    cases = set()
    for _ in range(500):
        basis = rng.normal(size=(2, 4)) * 10 ** rng.uniform(-3, 3, size=(2, 1))
        gram = basis @ basis.T
        q, r, s = gram[0, 0], gram[0, 1], gram[1, 1]
        delta = 10 ** rng.uniform(-3, 0)
        c = rng.uniform(-1.5, 1.5) * math.sqrt(2 * delta * s)
        found = solve_in_span(gram, gram[0], gram[1:], np.array([c]), delta)
        np.testing.assert_allclose(
            found.coordinates * np.sqrt([q, s]),
            _closed_form(q, r, s, c, delta) * np.sqrt([q, s]),
            atol=1e-9 * math.sqrt(2 * delta) / math.sqrt(1 - r * r / (q * s)),
        )
        cases.add(found.case)
    assert cases == {Case.REWARD, Case.BOUNDARY, Case.RECOVERABLE, Case.RECOVERY}


def test_one_unreachable_constraint_gives_the_paper_s_recovery() -> None:
    """Eq. 14: x = -sqrt(2δ / bᵀH⁻¹b) H⁻¹b, whatever the reward."""
    gram = np.array([[2.0, 0.7], [0.7, 3.0]])
    found = solve_in_span(gram, gram[0], gram[1:], np.array([50.0]), 0.01)
    assert found.case == Case.RECOVERY
    np.testing.assert_allclose(found.coordinates, [0, -math.sqrt(0.02 / 3.0)], atol=1e-15)


def _ball_problem(
    rng: np.random.Generator, m: int, c: Vector, dimension: int = 6
) -> tuple[Matrix, Vector, Matrix, Vector]:
    """Metric I in `dimension` coordinates, unit rows, and c in radii of the ball (δ = 1/2)."""
    rows = rng.normal(size=(m, dimension))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.eye(dimension), rng.normal(size=dimension), rows, c


def _violation(rows: Matrix, c: Vector, z: Vector) -> float:
    return float(np.maximum(c + rows @ z, 0)[c > 0].sum())


def _least_violation(rows: Matrix, c: Vector) -> float:
    """SciPy's answer to the recovery problem, with slack variables for the violations."""
    over = np.flatnonzero(c > 0)
    k, slacks = rows.shape[1], len(over)
    margins = np.maximum(-c, 0)
    constraints = [
        {"type": "ineq", "fun": lambda u: margins - rows @ u[:k]},
        {"type": "ineq", "fun": lambda u: 1 - u[:k] @ u[:k]},
        {"type": "ineq", "fun": lambda u: u[k:] - (c + rows @ u[:k])[over]},
        {"type": "ineq", "fun": lambda u: u[k:]},
    ]
    start = np.concatenate([np.zeros(k), c[over] + 0.1])
    found = minimize(
        lambda u: u[k:].sum(), start, jac=lambda u: np.r_[np.zeros(k), np.ones(slacks)],
        constraints=constraints, method="SLSQP", options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    return float(found.fun)


def test_recovery_of_several_costs_has_the_least_total_scaled_violation() -> None:
    rng = np.random.default_rng(1)
    recoveries = 0
    for _ in range(150):
        m = int(rng.integers(2, 6))
        gram, reward, rows, c = _ball_problem(rng, m, rng.uniform(-0.5, 2.0, size=m))
        if rng.random() < 0.3:
            rows[1] = -rows[0]
        found = solve_in_span(gram, reward, rows, c, 0.5)
        if found.case != Case.RECOVERY:
            continue
        recoveries += 1
        z = found.coordinates
        assert z @ z <= 1 + 1e-12
        assert _violation(rows, c, z) <= _least_violation(rows, c) + 1e-8
        assert _violation(rows, c, z) < _violation(rows, c, 0 * z)
    assert recoveries > 60


def test_recovery_keeps_satisfied_costs_satisfied_and_raises_none() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        m = int(rng.integers(2, 6))
        c = rng.uniform(-0.3, 2.0, size=m)
        c[0] = 1.5
        gram, reward, rows, c = _ball_problem(rng, m, c)
        z = solve_in_span(gram, reward, rows, c, 0.5).coordinates
        assert np.all(c + rows @ z <= np.maximum(c, 0) + 1e-10)


def test_recovery_does_not_depend_on_the_units_of_a_cost() -> None:
    rng = np.random.default_rng(3)
    gram, reward, rows, c = _ball_problem(rng, 3, np.array([1.5, 2.0, -0.2]))
    plain = solve_in_span(gram, reward, rows, c, 0.5)
    units = np.array([1e6, 1e-6, 1e3])
    scaled = solve_in_span(gram, reward, units[:, None] * rows, units * c, 0.5)
    assert plain.case == scaled.case == Case.RECOVERY
    np.testing.assert_allclose(scaled.coordinates, plain.coordinates, rtol=1e-9)


def test_costs_that_cannot_both_fall_hold_the_step() -> None:
    rows = np.array([[1.0, 0.0], [-1.0, 0.0]])
    found = solve_in_span(np.eye(2), np.array([0.0, 1.0]), rows, np.array([0.5, 0.5]), 0.5)
    assert found.case == Case.HOLD
    assert not found.coordinates.any()


def test_a_third_cost_still_falls_while_two_others_are_in_conflict() -> None:
    rows = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    found = solve_in_span(np.eye(2), np.array([1.0, 1.0]), rows, np.array([0.5, 0.5, 3.0]), 0.5)
    assert found.case == Case.RECOVERY
    np.testing.assert_allclose(found.coordinates, [0, -1], atol=1e-12)


def _noisy(c: list[float], unknown: list[bool]) -> SpanStep:
    gram = np.eye(3)
    rows = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    reward = np.array([1.0, 0.0, 0.0])
    return solve_in_span(gram, reward, rows, np.array(c), 0.5, np.array(unknown))


def test_a_violated_cost_that_the_batch_cannot_lower_stops_the_step_and_says_so() -> None:
    found = _noisy([0.1, -1.0], [True, False])
    assert found.case == Case.UNKNOWN
    assert not found.coordinates.any()


def test_an_unknown_cost_within_its_limit_does_not_stop_the_step() -> None:
    assert _noisy([-0.1, -1.0], [True, False]).case == Case.REWARD


def test_while_one_cost_is_unknown_another_is_brought_to_its_limit_and_no_further() -> None:
    found = _noisy([0.1, 0.2], [True, False])
    assert found.case == Case.RECOVERY
    np.testing.assert_allclose(found.coordinates, [0, 0, -0.2], atol=1e-12)


def test_linear_terms_from_elsewhere_decide_what_a_step_brings_and_the_gram_what_it_costs() -> None:
    """Cross-fitting halves the promise of -w: the step to the limit is then twice as long."""
    gram = np.eye(2)
    c = np.array([0.2])
    own = solve_in_span(gram, gram[0], gram[1:], c, 0.5)
    halved = solve_in_span(gram, gram[0], gram[1:] / 2, c, 0.5)
    assert own.coordinates[1] == pytest.approx(-0.2)
    assert halved.coordinates[1] == pytest.approx(-0.4)
    assert halved.coordinates @ gram @ halved.coordinates == pytest.approx(1.0)


def test_twelve_constraints_are_solved_as_exactly_as_two() -> None:
    rng = np.random.default_rng(4)
    gram, reward, rows, c = _ball_problem(rng, 12, rng.uniform(-0.6, -0.1, size=12), dimension=8)
    found = solve_in_span(gram, reward, rows, c, 0.5)
    z = found.coordinates
    assert np.all(c + rows @ z <= 1e-10)
    bound = np.linalg.norm(reward - found.nu @ rows) - c @ found.nu
    assert reward @ z == pytest.approx(bound, rel=1e-10)
