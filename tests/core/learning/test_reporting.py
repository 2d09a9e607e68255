"""What a report says beyond what training needs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cpo_core.spec.config import make_config
from cpo_core.spec.reports import IterationReport
from cpo_core.training.loop import train
from cpo_core.training.reporting import summary


def _report(**overrides: Any) -> IterationReport:
    values: dict[str, Any] = {"iterations": 1, "batch_size": 1500, "threads": 1}
    return train(make_config("point-circle", **{**values, **overrides})).reports[0]


@pytest.mark.parametrize("limit", [5.0, 60.0])
def test_the_bound_starts_at_the_limit_or_at_what_the_surrogate_leaves_over_it(
    limit: float,
) -> None:
    """Proposition 2 over T = 65 undiscounted steps from a feasible policy, else Corollary 2."""
    cost = _report(cost_gamma=1.0, delta=0.02, limits={"outside": limit}).costs[0]
    assert cost.epsilon is not None
    start = max(limit, cost.mean + cost.surrogate)
    assert (start > limit) == (limit == 5.0)
    assert cost.bound == pytest.approx(start + math.sqrt(2 * 0.02) * cost.epsilon * 65 * 64)


def test_a_discounted_cost_has_no_bound_under_an_undiscounted_limit() -> None:
    assert _report(cost_gamma=0.99).costs[0].bound is None


def test_standard_errors_are_over_episodes() -> None:
    sums = np.array([1.0, 2.0, 6.0])
    assert summary(sums) == pytest.approx((3.0, math.sqrt(7.0 / 3)))
    assert summary(np.array([4.0])) == (4.0, 0.0)


def test_promised_return_is_per_episode_and_close_to_what_the_batch_says() -> None:
    report = _report(batch_size=20_000, limits={"outside": 1e6})
    assert report.case == "reward_step"
    assert report.promised_return > 0
    assert report.surrogate_return == pytest.approx(report.promised_return, rel=0.3)


def test_geometry_rebuilds_the_size_of_the_step_and_holds_no_arrays() -> None:
    report = _report(limits={"outside": 1e6})
    gram, taken = np.array(report.geometry["gram"]), np.array(report.geometry["taken"])
    assert 0.5 * taken @ gram @ taken == pytest.approx(report.kl, rel=0.5)
    assert all(isinstance(value, tuple) for value in report.geometry.values())


def test_the_phases_of_an_iteration_fit_into_it() -> None:
    report = _report()
    phases = report.seconds_sampling + report.seconds_update + report.seconds_values
    assert 0 < phases <= report.seconds_total


def test_processor_seconds_stand_beside_wall_seconds_phase_by_phase() -> None:
    report = _report()
    cpu = report.extras["cpu_seconds"]
    assert set(cpu) == {"sampling", "update", "values", "total"}
    assert 0 < cpu["sampling"] + cpu["update"] + cpu["values"] <= cpu["total"]
    assert cpu["total"] < 1.5 * report.seconds_total  # on one thread
