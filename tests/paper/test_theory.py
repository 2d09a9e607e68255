"""The paper's claims on tabular CMDPs with exact advantages: no sampling, no approximation."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from cpo_core.learners.base import Algorithm, Update
from cpo_core.learners.cpo import CPO
from cpo_core.learners.cpo import Options as CPOOptions
from cpo_core.learners.pdo import PDO
from cpo_core.learners.pdo import Options as PDOOptions
from cpo_core.learners.trpo import TRPO
from cpo_core.learners.trpo import Options as TRPOOptions
from tests.paper.tabular import Cmdp, Policy, TabularProblem, random_cmdp

pytestmark = pytest.mark.paper

DELTA = 0.01

Iteration = tuple[Policy, TabularProblem, Update, Policy]


def _train(
    cmdp: Cmdp, algorithm: Algorithm, iterations: int, delta: float = DELTA
) -> Iterator[Iteration]:
    """Algorithm 1, exactly: (policy, its problem, the update, the next policy) until at rest."""
    policy, state = Policy(cmdp, np.zeros(cmdp.R.shape)), algorithm.initial_state()
    for _ in range(iterations):
        problem = TabularProblem(policy, delta, algorithm.penalties(state))
        update = algorithm.update(problem, state)
        following = problem.moved(update.x)
        yield policy, problem, update, following
        if not update.accepted and update.state == state:
            return  # Nothing is random here: a rejected update would repeat for ever.
        policy, state = following, update.state


def _cpo(cmdp: Cmdp, backtracking: str = "region") -> CPO:
    return CPO(CPOOptions(backtracking), cmdp.limits)


@pytest.mark.parametrize("costs", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_cpo_converges_to_the_optimum_of_the_linear_program(seed: int, costs: int) -> None:
    cmdp = random_cmdp(seed, costs=costs)
    *_, (_, _, _, last) = _train(cmdp, _cpo(cmdp), 80)
    optimum = cmdp.optimum()
    assert abs(last.J(cmdp.R) - optimum) <= 2e-3 * optimum
    assert np.all(last.costs <= np.array(cmdp.limits) + 1e-3)


@pytest.mark.parametrize("backtracking", ["ray", "region"])
@pytest.mark.parametrize("costs", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_the_worst_case_bounds_hold_at_every_step(seed: int, costs: int, backtracking: str) -> None:
    """Proposition 2 from feasible policies; corollary 2 (with Pinsker's bound) from all."""
    cmdp = random_cmdp(seed, costs=costs)
    limits, gamma = np.array(cmdp.limits), cmdp.gamma
    for policy, problem, update, following in _train(cmdp, _cpo(cmdp, backtracking), 40):
        epsilon = problem.largest_cost_advantage(following)
        worst = math.sqrt(2 * DELTA) * gamma * epsilon / (1 - gamma) ** 2
        surrogate = policy.costs + np.array(update.evaluation.costs)
        assert np.all(following.costs <= surrogate + worst + 1e-12)
        if np.all(policy.costs <= limits):
            assert np.all(surrogate <= limits + 1e-9)
            assert np.all(following.costs <= limits + worst + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_surrogates_are_tangent_to_the_truth(seed: int) -> None:
    """g and b_i, against finite differences of J and J_C: units and signs of eq. 11."""
    cmdp = random_cmdp(seed, costs=2)
    policy = Policy(cmdp, np.random.default_rng(seed).normal(size=cmdp.R.shape))
    problem = TabularProblem(policy, DELTA)
    x = np.random.default_rng(seed + 1).normal(size=cmdp.R.size)
    h = 1e-6
    ahead, behind = problem.moved(h * x), problem.moved(-h * x)
    assert problem.g @ x == pytest.approx(
        (ahead.J(cmdp.R) - behind.J(cmdp.R)) / (2 * h), rel=1e-6, abs=1e-8
    )
    np.testing.assert_allclose(
        problem.B @ x, (ahead.costs - behind.costs) / (2 * h), rtol=1e-6, atol=1e-8
    )
    kl = problem.evaluate(1e-4 * x).kl
    assert kl == pytest.approx(0.5e-8 * x @ problem.hessian_product(x), rel=1e-3)


def test_recovery_from_far_over_several_limits_reaches_all_of_them() -> None:
    cmdp = random_cmdp(3, costs=3)
    steps = list(_train(cmdp, _cpo(cmdp), 40))
    start, end = steps[0][0].costs - cmdp.limits, steps[-1][3].costs - cmdp.limits
    assert np.sum(start > 0) >= 2
    assert np.all(end <= 1e-3)


def test_two_limits_are_kept_where_each_alone_is_broken_without_it() -> None:
    cmdp = random_cmdp(2, costs=2)
    for kept in range(2):
        alone = Cmdp(
            cmdp.P, cmdp.R, cmdp.C[kept : kept + 1], (cmdp.limits[kept],), cmdp.start, cmdp.gamma
        )
        *_, (_, _, _, last) = _train(alone, _cpo(alone), 80)
        other = 1 - kept
        assert last.J(cmdp.C[other]) > cmdp.limits[other] + 0.01
    *_, (_, _, _, last) = _train(cmdp, _cpo(cmdp), 80)
    assert np.all(last.costs <= np.array(cmdp.limits) + 1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_trpo_earns_more_than_the_constrained_optimum_by_breaking_the_limit(seed: int) -> None:
    cmdp = random_cmdp(seed)
    *_, (_, _, _, last) = _train(cmdp, TRPO(TRPOOptions(), cmdp.limits), 80)
    assert last.J(cmdp.R) > cmdp.optimum() * 1.02
    assert last.costs[0] > cmdp.limits[0] + 0.1


def test_pdo_ends_near_the_limit_but_breaks_it_on_the_way() -> None:
    cmdp = random_cmdp(4)
    steps = list(_train(cmdp, PDO(PDOOptions(alpha=0.05), cmdp.limits), 250))
    excess = np.array([following.costs[0] - cmdp.limits[0] for *_, following in steps])
    assert excess.max() > 0.3
    assert np.abs(excess[-20:]).mean() < 0.5 * excess.max()
