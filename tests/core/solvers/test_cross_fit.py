"""Linear terms across folds: what noise promises, and what remains of it."""

from __future__ import annotations

import numpy as np
import pytest

from cpo_core.solvers.cg import conjugate_gradients
from cpo_core.solvers.cross_fit import Folds
from cpo_core.solvers.trust_region import Case, Step, solve


def _folds(rng: np.random.Generator, K: int, n: int, b: np.ndarray, noise: float) -> Folds:
    """K folds whose gradients are g = e_0 and the rows of `b`, each with its own noise."""
    g = np.eye(n)[0] + noise * rng.normal(size=(K, n)) / np.sqrt(n)
    B = b + noise * rng.normal(size=(K, *b.shape)) / np.sqrt(n)
    return Folds(g, B, (1 / K,) * K)


def _solve(folds: Folds, c: list[float], delta: float = 0.02, crossfit: bool = True) -> Step:
    weights = np.array(folds.weights)
    g, B = weights @ folds.g, np.einsum("k,kmn->mn", weights, folds.B)
    return solve(g, B, c, delta, lambda x: x, folds=folds if crossfit else None)


def test_linear_terms_are_the_mean_product_between_different_folds() -> None:
    rng = np.random.default_rng(0)
    K, m, n = 3, 2, 5
    folds = Folds(rng.normal(size=(K, n)), rng.normal(size=(K, m, n)), (0.5, 0.3, 0.2))
    spectrum = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    solutions, _ = conjugate_gradients(lambda X: X * spectrum, folds.gradients(), steps=50)
    expected, total = np.zeros((m, m + 1)), 0.0
    for k in range(K):
        for other in range(K):
            if k == other:
                continue
            weight = folds.weights[k] * folds.weights[other]
            total += weight
            directions = np.vstack([folds.g[other], folds.B[other]]) / spectrum
            expected += weight * folds.B[k] @ directions.T
    np.testing.assert_allclose(folds.linear_terms(solutions), expected / total, rtol=1e-10)


def test_folds_without_noise_give_the_plain_step() -> None:
    rng = np.random.default_rng(1)
    folds = _folds(rng, 2, 6, rng.normal(size=(2, 6)), noise=0.0)
    with_folds, plain = _solve(folds, [-0.1, 0.05]), _solve(folds, [-0.1, 0.05], crossfit=False)
    np.testing.assert_allclose(with_folds.x, plain.x, atol=1e-10)
    np.testing.assert_allclose(with_folds.crossfit_cost, plain.predicted_cost, atol=1e-10)


@pytest.mark.parametrize("K", [2, 4])
def test_the_promise_across_folds_is_honest_where_the_in_sample_one_is_not(K: int) -> None:
    """300 parameters, noise twice the signal: most of the in-sample promise never comes.

    A little optimism is left, because the step is still chosen within the span of v and w.
    """
    n, b = 300, np.zeros((1, 300))
    b[0, 1] = 1.0
    promised, crossfit, real = [], [], []
    rng = np.random.default_rng(2)
    for _ in range(200):
        step = _solve(_folds(rng, K, n, b, noise=2.0 * np.sqrt(K)), [5.0])
        assert step.crossfit_cost is not None
        promised.append(step.predicted_cost[0])
        crossfit.append(step.crossfit_cost[0])
        real.append((b @ step.x)[0])
    assert np.mean(promised) < 1.8 * np.mean(real) < 0
    overstated = np.mean(promised) - np.mean(real)
    assert abs(np.mean(crossfit) - np.mean(real)) < 0.15 * abs(overstated)


def test_a_step_keeps_the_limit_across_folds_and_in_the_sample_that_is_searched() -> None:
    """In-sample terms alone promise too much; cross-fitted ones alone are often rejected."""
    rng = np.random.default_rng(4)
    b = np.zeros((1, 40))
    b[0, :2] = 0.7, 0.7
    boundaries = 0
    for _ in range(60):
        step = _solve(_folds(rng, 2, 40, b, noise=1.0), [-0.01])
        if step.case == Case.BOUNDARY and not step.unknown[0]:
            boundaries += 1
            assert step.crossfit_cost is not None
            assert step.predicted_cost[0] <= 0.01 + 1e-10
            assert step.crossfit_cost[0] <= 0.01 + 1e-10
    assert boundaries > 20


def test_a_cost_whose_own_product_is_not_positive_is_unknown_and_never_divided_by() -> None:
    """Two folds that contradict each other."""
    g = np.tile(np.array([1.0, 0.0, 0.0]), (2, 1))
    B = np.array([[[0.0, 1.0, 0.1]], [[0.0, -1.0, 0.1]]])
    step = _solve(Folds(g, B, (0.5, 0.5)), [0.5])
    assert step.case == Case.UNKNOWN
    assert step.unknown.tolist() == [True]
    assert not step.x.any()


def test_uneven_folds_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="folds: give the same number"):
        Folds(np.ones((2, 3)), np.ones((3, 1, 3)), (0.5, 0.5))
