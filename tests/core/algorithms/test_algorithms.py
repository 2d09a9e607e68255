"""What every algorithm in the registry must do, and what each one does differently."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cpo_core.learners.base import Algorithm
from cpo_core.learners.cpo import CPO
from cpo_core.learners.crpo import CRPO
from cpo_core.learners.fpo import FPO
from cpo_core.learners.pdo import PDO
from cpo_core.spec import registry
from cpo_core.spec.parameters import ConfigError, json_schema, parse
from tests.core.algorithms.problems import CurvedProblem, make_problem

BACKTRACKING = ("ray", "region")


def _make(cls: type[Algorithm], limits: tuple[float, ...] = (5.0, 5.0), **options) -> Algorithm:
    return cls(parse(cls.Options, options), limits)


def _cpo(backtracking: str, costs: int = 2) -> Algorithm:
    return _make(CPO, (5.0,) * costs, backtracking=backtracking)


@pytest.fixture(params=sorted(registry.algorithms()))
def algorithm(request: pytest.FixtureRequest) -> type[Algorithm]:
    return registry.algorithms()[request.param]


@pytest.mark.parametrize("c", [(), (-0.05,), (-0.05, 0.1), (0.0, 0.0), (9.0, -0.05, 9.0)])
@pytest.mark.parametrize("kl_skew", [0.0, 5.0])
def test_an_update_stays_in_the_trust_region_and_reports_every_cost(
    algorithm: type[Algorithm], c: tuple[float, ...], kl_skew: float
) -> None:
    problem = make_problem(c, kl_skew=kl_skew)
    chosen = _make(algorithm, (5.0,) * len(c))
    update = chosen.update(problem, chosen.initial_state())
    assert update.evaluation.kl <= problem.delta * (1 + 1e-12)
    assert update.evaluation == problem.evaluate(update.x)
    assert update.accepted == bool(update.x.any())
    m = len(c)
    lengths = {len(update.nu), len(update.r), len(update.promised_costs)}
    assert lengths == {m}
    np.testing.assert_allclose(update.promised_costs, problem.B @ update.x, atol=1e-12)
    assert update.promised_reward == pytest.approx(problem.g @ update.x)
    assert len(update.gram) == len(update.coordinates) == len(update.unconstrained)


def test_state_and_options_are_plain_json(algorithm: type[Algorithm]) -> None:
    chosen = _make(algorithm)
    state = chosen.initial_state()
    assert json.loads(json.dumps(state)) == state
    after = chosen.update(make_problem(), state).state
    assert json.loads(json.dumps(after)) == after
    assert json.loads(json.dumps(json_schema(algorithm.Options)))["type"] == "object"
    assert len(chosen.penalties(state)) == 2
    assert algorithm.title
    assert algorithm.summary


def test_an_update_without_any_gradient_changes_nothing(algorithm: type[Algorithm]) -> None:
    problem = make_problem()
    problem.g, problem.B = 0 * problem.g, 0 * problem.B
    chosen = _make(algorithm)
    update = chosen.update(problem, chosen.initial_state())
    assert (update.case, update.accepted, update.tries) == ("hold", False, 0)
    assert not update.x.any()


def test_crpo_lowers_the_cost_that_is_furthest_over_and_earns_otherwise() -> None:
    over = _make(CRPO).update(make_problem((0.1, 0.3)), {})
    assert over.accepted
    assert (over.case, over.evaluation.costs[1] < 0) == ("recovery", True)
    within = _make(CRPO).update(make_problem((-0.1, 0.0)), {})
    assert within.evaluation.reward > 0
    tolerant = _make(CRPO, tolerance=0.1).update(make_problem((0.1, 0.3)), {})
    assert tolerant.evaluation.reward > 0


@pytest.mark.parametrize("backtracking", BACKTRACKING)
@pytest.mark.parametrize("seed", range(20))
def test_cpo_keeps_every_cost_within_its_margin(backtracking: str, seed: int) -> None:
    problem = make_problem((-0.02, -0.1), seed=seed, cost_curvature=3.0, reward_curvature=1.0)
    update = _cpo(backtracking).update(problem, {})
    assert update.accepted
    assert update.evaluation.reward > 0
    assert np.all(problem.c + update.evaluation.costs <= 1e-12)


@pytest.mark.parametrize("backtracking", BACKTRACKING)
def test_cpo_lowers_a_violated_cost_even_when_the_reward_falls(backtracking: str) -> None:
    problem = make_problem((5.0, -1.0))
    problem.B[0] = problem.g
    update = _cpo(backtracking).update(problem, {})
    assert (update.case, update.accepted) == ("recovery", True)
    assert update.evaluation.costs[0] < 0
    assert update.evaluation.reward < 0
    assert update.nu == (0.0, 0.0)


@pytest.mark.parametrize("backtracking", BACKTRACKING)
def test_cpo_does_not_ask_for_reward_while_it_can_reach_the_limit_again(backtracking: str) -> None:
    problem = make_problem((0.05, -1.0))
    problem.B[0] = problem.g
    update = _cpo(backtracking).update(problem, {})
    assert (update.case, update.accepted) == ("recoverable", True)
    assert update.evaluation.reward < 0
    assert problem.c[0] + update.evaluation.costs[0] <= 1e-9


@pytest.mark.parametrize("backtracking", BACKTRACKING)
@pytest.mark.parametrize("excess", [-0.02, 0.05, 5.0])
def test_a_rejected_update_changes_nothing(backtracking: str, excess: float) -> None:
    problem = make_problem((excess, -1.0), line_search_steps=3, kl_skew=1e9)
    update = _cpo(backtracking).update(problem, {})
    assert (update.accepted, update.fraction, update.tries) == (False, 0.0, 3)
    assert not update.x.any()
    assert update.promised_costs == (0.0, 0.0)
    assert update.evaluation.kl == 0.0


def test_a_policy_exactly_at_its_limit_moves_on_by_smaller_regions_but_not_along_the_ray() -> None:
    """c = 0 and a cost that curves upward: every share of the sliding step breaks the limit."""
    problem = make_problem((0.0, -1.0), cost_curvature=2.0)
    along_ray = _cpo("ray").update(problem, {})
    smaller = _cpo("region").update(problem, {})
    assert (along_ray.case, along_ray.accepted) == ("boundary", False)
    assert (smaller.case, smaller.accepted) == ("boundary", True)
    assert smaller.evaluation.reward > 0
    assert smaller.evaluation.costs[0] <= 0


@pytest.mark.parametrize("backtracking", BACKTRACKING)
def test_both_kinds_of_backtracking_agree_while_the_first_step_is_accepted(
    backtracking: str,
) -> None:
    problem = make_problem((-0.05, -0.1))
    update = _cpo(backtracking).update(problem, {})
    assert (update.fraction, update.tries) == (1.0, 1)
    np.testing.assert_array_equal(update.x, _cpo("ray").update(problem, {}).x)


def _costs_everywhere(value: float) -> CurvedProblem:
    """All-zero or all-one costs have no gradient at all."""
    problem = make_problem((value,))
    problem.B = 0 * problem.B
    return problem


def test_a_cost_that_is_always_zero_leaves_the_plain_reward_step() -> None:
    update = _cpo("ray", 1).update(_costs_everywhere(-5.0), {})
    assert (update.case, update.accepted) == ("reward_step", True)


def test_a_cost_that_is_always_paid_holds_the_policy_still() -> None:
    update = _cpo("ray", 1).update(_costs_everywhere(45.0), {})
    assert (update.case, update.accepted) == ("hold", False)


def test_trpo_ignores_the_limits_that_cpo_keeps() -> None:
    problem = make_problem((-0.001, 3.0))
    update = _make(registry.find_algorithm("trpo")).update(problem, {})
    assert update.accepted
    assert update.evaluation.costs[0] > 0.001
    assert update.evaluation.kl == pytest.approx(problem.delta)
    assert update.S == ()


def test_pdo_raises_and_lowers_its_penalties_with_the_excess_and_never_below_zero() -> None:
    pdo = _make(PDO, (5.0, 5.0, 5.0), alpha=0.1, nu_0=0.2)
    state = pdo.initial_state()
    assert pdo.penalties(state) == (0.2, 0.2, 0.2)
    update = pdo.update(make_problem((4.0, -1.0, -50.0)), state)
    assert update.state["nu"] == pytest.approx([0.6, 0.1, 0.0])
    assert state["nu"] == [0.2, 0.2, 0.2]


def test_pdo_learns_its_penalties_when_its_step_is_rejected_too() -> None:
    pdo = _make(PDO, (5.0,), alpha=0.1)
    update = pdo.update(make_problem((4.0,), kl_skew=1e9), pdo.initial_state())
    assert not update.accepted
    assert update.state["nu"] == pytest.approx([0.4])


def test_fpo_takes_one_penalty_for_all_costs_or_one_for_each() -> None:
    assert _make(FPO, (5.0, 5.0), nu=[3.0]).penalties({}) == (3.0, 3.0)
    assert _make(FPO, (5.0, 5.0), nu=[3.0, 1.0]).penalties({}) == (3.0, 1.0)
    with pytest.raises(
        ConfigError, match=r"options.nu: give one penalty, or one for each of the 3"
    ):
        _make(FPO, (5.0, 5.0, 5.0), nu=[3.0, 1.0])
