"""What the line search accepts, what it never accepts, and what it restores."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from cpo_core.solvers.line_search import Evaluation, Search, along_ray, cost_margins, search

STEP = np.array([1.0, -2.0])


def _size(x: np.ndarray) -> float:
    return float(np.linalg.norm(x) / np.linalg.norm(STEP))


def _search(
    at: Callable[[float], Evaluation],
    margins: tuple[float, ...] = (math.inf,),
    reward_must_improve: bool = True,
    steps: int = 15,
    fit: bool = False,
) -> Search:
    """`at` gives the evaluation from the share of the step taken; δ is 1 and the decay 0.5."""
    return search(
        along_ray(STEP), lambda x: at(_size(x)), delta=1.0, margins=margins,
        reward_must_improve=reward_must_improve, steps=steps, decay=0.5,
        fit=fit,
    )  # fmt: skip


def test_the_full_step_is_taken_when_the_batch_agrees() -> None:
    found = _search(lambda share: Evaluation(share, share, (0.0,)))
    assert (found.accepted, found.fraction, found.tries) == (True, 1.0, 1)
    np.testing.assert_array_equal(found.x, STEP)


def test_the_step_shrinks_until_the_kl_fits() -> None:
    found = _search(lambda share: Evaluation(5 * share**2, share, (0.0,)))
    assert (found.fraction, found.tries) == (0.25, 3)
    assert found.evaluation.kl <= 1.0


def test_a_step_that_is_a_little_too_long_is_fitted_rather_than_halved() -> None:
    found = _search(lambda share: Evaluation(1.1 * share**2, share, (0.0,)), fit=True)
    assert found.tries == 2
    assert found.fraction == pytest.approx(0.99 / math.sqrt(1.1))
    assert found.evaluation.kl == pytest.approx(0.99**2)


def test_fitting_waits_until_nothing_but_the_kl_is_wrong() -> None:
    found = _search(
        lambda share: Evaluation(1.1 * share**2, share, (share,)), margins=(0.6,), fit=True
    )
    assert (found.fraction, found.tries) == (0.5, 2)


def test_a_step_that_does_not_move_is_not_accepted() -> None:
    found = search(
        lambda fraction, _: 0.0 * STEP, lambda x: Evaluation(0.0, 0.0, (0.0,)), delta=1.0,
        margins=(0.0,), reward_must_improve=False, steps=3, decay=0.5,
    )  # fmt: skip
    assert (found.accepted, found.tries) == (False, 3)


def test_a_cost_may_use_its_margin_and_no_more() -> None:
    found = _search(lambda share: Evaluation(0.1, share, (share,)), margins=(0.3,))
    assert found.fraction == 0.25


@pytest.mark.parametrize("reward", [0.0, -1.0])
def test_a_reward_that_does_not_rise_is_rejected_outside_recovery(reward: float) -> None:
    assert not _search(lambda _: Evaluation(0.1, reward, (0.0,))).accepted


def test_recovery_takes_a_step_that_loses_reward() -> None:
    found = _search(
        lambda share: Evaluation(0.1, -5.0, (-share,)), margins=(0.0,), reward_must_improve=False
    )
    assert found.fraction == 1.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", ["kl", "reward", "costs"])
def test_a_value_that_is_not_finite_rejects_and_the_next_try_is_smaller(
    which: str, bad: float
) -> None:
    def at(share: float) -> Evaluation:
        values = {"kl": 0.1, "reward": 1.0, "costs": -1.0}
        if share > 0.3:
            values[which] = bad
        return Evaluation(values["kl"], values["reward"], (values["costs"],))

    assert _search(at).fraction == 0.25


@pytest.mark.parametrize("reward_must_improve", [True, False])
def test_when_every_try_fails_nothing_is_kept(reward_must_improve: bool) -> None:
    """The released code keeps its last try in recovery (P13)."""
    found = _search(
        lambda _: Evaluation(0.1, 1.0, (0.5,)),
        margins=(0.0,),
        reward_must_improve=reward_must_improve,
        steps=4,
    )
    assert (found.accepted, found.fraction, found.tries) == (False, 0.0, 4)
    assert not found.x.any()
    assert found.evaluation == Evaluation(0.0, 0.0, (0.0,))


def test_margins_are_what_is_left_to_the_limit_and_nothing_over_it() -> None:
    assert cost_margins([-2.0, 0.0, 3.0]) == (2.0, 0.0, 0.0)


def test_a_proposal_sees_the_candidate_that_was_rejected_before_it() -> None:
    seen = []

    def propose(fraction: float, rejected: tuple | None) -> np.ndarray:
        seen.append((fraction, rejected and rejected[1].kl))
        return fraction * STEP

    search(
        propose, lambda x: Evaluation(3 * _size(x), 1.0, ()), delta=1.0, margins=(),
        reward_must_improve=True, steps=5, decay=0.5,
    )  # fmt: skip
    assert seen == [(1.0, None), (0.5, 3.0), (0.25, 1.5)]
