"""Conjugate gradients for several right-hand sides."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cpo_core.solvers.cg import conjugate_gradients

Matrix = NDArray[np.float64]


def _problem(n: int = 12, k: int = 4, condition: float = 100.0) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(n, n)))[0]
    H = (rotation * np.logspace(0, np.log10(condition), n)) @ rotation.T
    return H, rng.normal(size=(k, n))


def test_every_row_is_solved_to_the_tolerance() -> None:
    H, rhs = _problem()
    x, images = conjugate_gradients(lambda X: X @ H, rhs, steps=100)
    np.testing.assert_allclose(x, np.linalg.solve(H, rhs.T).T, rtol=1e-9)
    np.testing.assert_allclose(images, rhs, rtol=1e-9)


def test_damping_is_added_to_the_system_but_not_to_the_products() -> None:
    H, rhs = _problem()
    x, images = conjugate_gradients(lambda X: X @ H, rhs, steps=100, damping=0.5)
    np.testing.assert_allclose(x, np.linalg.solve(H + 0.5 * np.eye(12), rhs.T).T, rtol=1e-9)
    np.testing.assert_allclose(images, x @ H, rtol=1e-9, atol=1e-10)


def test_scaling_a_row_scales_its_solution_and_no_other() -> None:
    H, rhs = _problem()
    factors = 2.0 ** np.array([-300, 0, 20, 300])
    plain, _ = conjugate_gradients(lambda X: X @ H, rhs, steps=5)
    scaled, _ = conjugate_gradients(lambda X: X @ H, factors[:, None] * rhs, steps=5)
    np.testing.assert_array_equal(scaled, factors[:, None] * plain)


def test_a_zero_row_and_a_row_in_the_null_space_leave_the_others_alone() -> None:
    H = np.diag([1.0, 3.0, 0.0])
    rhs = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 3.0, 0.0]])
    x, _ = conjugate_gradients(lambda X: X @ H, rhs, steps=20)
    np.testing.assert_allclose(x, [[0, 0, 0], [0, 0, 0], [1, 1, 0]], atol=1e-14)


def test_each_pass_costs_one_block_product_and_stops_when_all_rows_are_done() -> None:
    H, rhs = _problem()
    passes = []

    def product(X: Matrix) -> Matrix:
        passes.append(X.shape)
        return X @ H

    conjugate_gradients(product, rhs, steps=1000)
    assert set(passes) == {(4, 12)}
    assert len(passes) < 40


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_torch_tensors_stay_torch_tensors(dtype: torch.dtype) -> None:
    H, rhs = _problem()
    matrix, right = torch.from_numpy(H).to(dtype), torch.from_numpy(rhs).to(dtype)
    x, _ = conjugate_gradients(lambda X: X @ matrix, right, steps=60, tolerance=1e-6)
    assert x.dtype == dtype
    np.testing.assert_allclose(x.numpy(), np.linalg.solve(H, rhs.T).T, rtol=1e-2, atol=1e-4)
