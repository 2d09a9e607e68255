"""The constrained step against independent optima, on every degenerate kind of problem."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from cpo_core.solvers.cg import conjugate_gradients
from cpo_core.solvers.trust_region import Case, Step, solve
from tests.core.solvers.instances import KINDS, Instance, generate
from tests.core.solvers.oracle import best_in_ball
from tests.core.solvers.verdict import (
    FEASIBLE,
    assert_optimal,
    assert_optimal_in_span,
    whitened,
)
from tests.strategies import instances

PAIRED = ("duplicates", "duplicates with other limits", "near duplicates", "slab", "closed slab",
          "conflict")  # fmt: skip

ILL_POSED = ("tangent plane", "nearly tangent plane", "b nearly parallel to g", "near duplicates")
"""Kinds whose solution (not its value) moves by much more than the rounding of the problem."""


def _solve(instance: Instance, **options) -> Step:
    H = instance.H
    return solve(instance.g, instance.B, instance.c, instance.delta, lambda x: H @ x, **options)


def _sizes(rng: np.random.Generator, kind: str, smallest: int, largest: int) -> tuple[int, int]:
    fewest = 2 if kind in PAIRED else 0 if kind in ("general", "g zero") else 1
    return int(rng.integers(smallest, largest)), int(rng.integers(fewest, 6))


@pytest.mark.parametrize("kind", KINDS)
def test_step_is_the_independent_optimum(kind: str) -> None:
    rng = np.random.default_rng(KINDS.index(kind))
    for _ in range(60):
        n, m = _sizes(rng, kind, 2, 9)
        instance = generate(rng, kind, n, m, condition=10 ** rng.uniform(0, 4))
        assert_optimal(instance, _solve(instance))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_step_is_the_independent_optimum_on_many_instances(kind: str) -> None:
    rng = np.random.default_rng(1000 + KINDS.index(kind))
    for _ in range(700):
        n, m = _sizes(rng, kind, 2, 9)
        instance = generate(rng, kind, n, m, condition=10 ** rng.uniform(0, 4))
        assert_optimal(instance, _solve(instance))


@settings(deadline=None, max_examples=100)
@given(instances())
def test_step_is_the_independent_optimum_wherever_hypothesis_looks(instance: Instance) -> None:
    assert_optimal(instance, _solve(instance))


@pytest.mark.parametrize("kind", KINDS)
def test_step_is_exact_in_its_span_when_conjugate_gradients_have_not_converged(kind: str) -> None:
    """Condition 1e6 and a few CG steps: q, r, S are wrong, the step must not be (pitfall P15)."""
    rng = np.random.default_rng(50 + KINDS.index(kind))
    for _ in range(30):
        n, m = _sizes(rng, kind, 12, 30)
        instance = generate(rng, kind, n, m, condition=1e6, decades=2)
        steps = int(rng.integers(1, 9))
        product = lambda X, H=instance.H: X @ H  # noqa: E731
        gradients = np.vstack([instance.g, instance.B])
        directions, _ = conjugate_gradients(product, gradients, steps=steps)
        step = solve(
            instance.g, instance.B, instance.c, instance.delta, product, cg_steps=steps, block=True
        )
        assert_optimal_in_span(instance, step, directions)


def test_predictions_are_the_true_products_when_conjugate_gradients_have_not_converged() -> None:
    rng = np.random.default_rng(3)
    instance = generate(rng, "all over their limits", 60, 3, condition=1e6, decades=0)
    step = _solve(instance, cg_steps=4, damping=1e-3)
    np.testing.assert_allclose(step.predicted_cost, instance.B @ step.x, rtol=1e-12)
    assert step.predicted_reward == pytest.approx(instance.g @ step.x, rel=1e-12)
    basis = np.vstack([instance.g, instance.B])
    directions, _ = conjugate_gradients(lambda X: X @ instance.H, basis, steps=4, damping=1e-3)
    np.testing.assert_allclose(step.coordinates @ directions, step.x, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(step.gram, directions @ instance.H @ directions.T, rtol=1e-9)
    np.testing.assert_allclose(step.r, instance.B @ directions[0], rtol=1e-9)
    np.testing.assert_allclose(step.S, instance.B @ directions[1:].T, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_scaling_a_constraint_does_not_change_the_step(kind: str) -> None:
    """(b_i, c_i) times 1e-6..1e6: absolute thresholds and (s + 1e-8) would show (P7, P8).

    A power of two scales without rounding, so there not a bit of the step may change.
    """
    rng = np.random.default_rng(90 + KINDS.index(kind))
    for _ in range(20):
        n, m = _sizes(rng, kind, 2, 9)
        instance = generate(rng, kind, n, max(m, 1), condition=100, decades=0)
        plain = _solve(instance)
        chosen = rng.integers(0, 2, size=len(instance.c)).astype(float)
        for scale in (2.0**-20, 2.0**20):
            scaled = _solve(instance.scaled(scale**chosen))
            assert scaled.case == plain.case
            np.testing.assert_array_equal(scaled.x, plain.x)
        if kind not in ILL_POSED:
            for scale in (1e-6, 1e6):
                difference = _solve(instance.scaled(scale**chosen)).x - plain.x
                kl = 0.5 * difference @ instance.H @ difference
                assert kl <= 1e-16 * instance.delta


def test_multipliers_satisfy_the_optimality_conditions() -> None:
    """λ Hx = g - Bᵀν with λ, ν >= 0, and νᵢ = 0 off the boundary: the signs of Theorem 2."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        instance = generate(rng, "general", 6, 3, condition=100, decades=1)
        step = _solve(instance)
        if step.case == Case.RECOVERY:
            continue
        assert step.lam >= 0
        assert np.all(step.nu >= 0)
        left = step.lam * instance.H @ step.x
        right = instance.g - instance.B.T @ step.nu
        np.testing.assert_allclose(left, right, atol=1e-8 * np.abs(instance.g).max())
        slack = instance.c + instance.B @ step.x
        reach = np.linalg.norm(whitened(instance)[1], axis=1)
        assert np.all((step.nu == 0) | (np.abs(slack) <= 1e-9 * reach))


def test_one_constraint_follows_the_paper_s_cases_in_the_maximising_convention() -> None:
    H, g, b = np.eye(2), np.array([1.0, 0.0]), np.array([[1.0, 0.0]])
    delta, reach = 0.02, 0.2  # |x| <= 0.2, so b·x <= 0.2

    def at(c: float, direction: np.ndarray = b) -> Step:
        return solve(g, direction, [c], delta, lambda x: H @ x)

    assert at(-1.0).case == Case.REWARD
    np.testing.assert_allclose(at(-1.0).x, [reach, 0], atol=1e-15)
    assert at(-0.1).case == Case.BOUNDARY
    np.testing.assert_allclose(at(-0.1).x, [0.1, 0], atol=1e-9)
    assert at(0.1).case == Case.RECOVERABLE
    np.testing.assert_allclose(at(0.1).x, [-0.1, 0], atol=1e-9)
    assert at(1.0).case == Case.RECOVERY
    np.testing.assert_allclose(at(1.0).x, [-reach, 0], atol=1e-15)
    # c = 0 is satisfied: the step slides along the boundary (P6).
    slanted = at(0.0, np.array([[1.0, 1.0]]))
    assert slanted.case == Case.BOUNDARY
    np.testing.assert_allclose(slanted.x, np.array([1.0, -1.0]) * reach / np.sqrt(2), atol=1e-12)


def test_a_cost_without_gradient_is_ignored_within_its_limit_and_holds_the_step_over_it() -> None:
    g, b = np.array([1.0, 2.0]), np.zeros((1, 2))
    within = solve(g, b, [-1.0], 0.01, lambda x: x)
    assert within.case == Case.REWARD
    assert within.predicted_reward > 0
    over = solve(g, b, [1.0], 0.01, lambda x: x)
    assert over.case == Case.HOLD
    assert not over.x.any()


def test_no_constraints_and_no_gradient_are_a_plain_step_and_no_step() -> None:
    g, none = np.array([3.0, 4.0]), np.zeros((0, 2))
    step = solve(g, none, [], 0.5, lambda x: x)
    np.testing.assert_allclose(step.x, g / 5, rtol=1e-14)
    assert step.lam == pytest.approx(5.0)
    assert solve(0 * g, none, [], 0.5, lambda x: x).case == Case.HOLD


def test_a_singular_hessian_gives_a_finite_step_within_the_trust_region() -> None:
    H = np.diag([1.0, 4.0, 0.0, 0.0])
    for g in np.eye(4) + 0.5:
        step = solve(g, np.array([[1.0, -1.0, 0.0, 2.0]]), [-0.1], 0.01, lambda x: H @ x)
        assert np.all(np.isfinite(step.x))
        assert 0.5 * step.x @ H @ step.x <= 0.01 * (1 + 1e-9)
    flat = solve(np.eye(4)[3], np.zeros((0, 4)), [], 0.01, lambda x: H @ x)
    assert flat.case == Case.HOLD


def test_a_hessian_of_low_rank_gives_the_optimum_where_it_sees() -> None:
    """Gradients in the range of H, as a policy's are; scales over 24 decades; n = 1 too."""
    rng = np.random.default_rng(12)
    for trial in range(80):
        n = 1 if trial % 2 else int(rng.integers(3, 8))
        rank, m = max(1, int(rng.integers(0, n))), int(rng.integers(0, 6))
        root = rng.normal(size=(n, rank))
        a, normals = rng.normal(size=rank), rng.normal(size=(m, rank))
        offsets = rng.uniform(-1.2, 0.8, size=m) * np.linalg.norm(normals, axis=1)
        scales = 10 ** rng.uniform(-12, 12, size=m)
        step = solve(
            root @ a * 10 ** rng.uniform(-12, 12), scales[:, None] * (normals @ root.T),
            scales * offsets, 0.5, lambda x, H=root @ root.T: H @ x,
        )  # fmt: skip
        moved = root.T @ step.x
        best = best_in_ball(a / np.linalg.norm(a), normals, offsets)
        assert moved @ moved <= 1 + 1e-9
        assert (best is None) == (step.case not in FEASIBLE)
        if best is not None:
            assert np.all(offsets + normals @ moved <= 1e-9)
            assert a @ moved / np.linalg.norm(a) == pytest.approx(best[0], abs=1e-8)


def test_torch_tensors_and_block_products_give_the_same_step_as_numpy_vectors() -> None:
    rng = np.random.default_rng(8)
    for kind in ("general", "slab", "all over their limits"):
        instance = generate(rng, kind, 10, 3, condition=100, decades=1)
        H = torch.from_numpy(instance.H)
        step = solve(
            torch.from_numpy(instance.g), torch.from_numpy(instance.B), instance.c,
            instance.delta, lambda X, H=H: X @ H, block=True,
        )  # fmt: skip
        assert isinstance(step.x, torch.Tensor)
        np.testing.assert_allclose(step.x.numpy(), _solve(instance).x, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"g": np.array([np.nan, 1.0])}, "g: holds NaN"),
        ({"B": np.ones((1, 3))}, r"B: must be \(m, n\) with n = 2"),
        ({"c": [np.inf]}, "c: must be finite"),
        ({"delta": 0.0}, "delta: must be"),
    ],
)
def test_bad_input_is_refused_by_name(change: dict, words: str) -> None:
    good = {"g": np.ones(2), "B": np.ones((1, 2)), "c": [0.0], "delta": 0.1}
    with pytest.raises(ValueError, match=words):
        solve(**(good | change), hessian_product=lambda x: x)
