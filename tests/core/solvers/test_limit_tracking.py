"""The standing correction of a constraint."""

from __future__ import annotations

import pytest

from cpo_core.solvers.limit_tracking import next_corrections


def test_a_cost_over_its_limit_raises_its_correction_by_its_share() -> None:
    found = next_corrections((0.0, 1.0), (2.0, -1.0), (10.0, 10.0), 0.1)
    assert found == pytest.approx((0.2, 0.9))


def test_a_correction_never_licenses_a_violation_nor_aims_below_zero_cost() -> None:
    assert next_corrections((0.1, 9.9), (-50.0, 50.0), (10.0, 10.0), 0.1) == (0.0, 10.0)


def test_a_saturated_update_does_not_build_up_overshoot() -> None:
    assert next_corrections((1.0, 1.0), (20.0, -5.0), (10.0, 10.0), 0.1, saturated=True) == (
        1.0,
        0.5,
    )


def test_feedback_brings_a_biased_process_to_its_limit() -> None:
    """The cost always ends 8 % over what was asked for, as on Point-Gather without correction."""
    limit, correction, cost = 0.1, 0.0, 0.0
    for _ in range(200):
        cost = 1.08 * (limit - correction)
        (correction,) = next_corrections((correction,), (cost - limit,), (limit,), 0.1)
    assert cost == pytest.approx(limit, rel=1e-3)
