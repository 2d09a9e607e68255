"""Feedback on what the batches show: a standing correction of each constraint.

The linear model predicts cost reductions that do not all come, so the cost settles above its limit.
The correction is the integral of the excess; added to c_i it moves the aim below the limit by as
much as it takes for the measured cost to meet it.
"""

from __future__ import annotations

from collections.abc import Sequence


def next_corrections(
    corrections: Sequence[float],
    excesses: Sequence[float],
    limits: Sequence[float],
    gain: float,
    *,
    saturated: bool = False,
) -> tuple[float, ...]:
    """The corrections (m,) for the next update, each within [0, limit].

    `excesses` are the measured J_Ci - d_i without correction, per episode. A cost over its limit
    raises its correction by gain·excess, one under it lowers it; below zero it would license
    violations, above the limit it would aim at a negative cost. `saturated`: updates have for a
    while been recoveries that already lower the cost as fast as the trust region allows, or there
    were none; integrating then would only build up overshoot, so corrections may fall but not rise.
    A single such update is no reason: noise makes those where a batch reads high, and leaving just
    these out would hold the cost above its limit.
    """
    return tuple(
        min(max(old + gain * (min(excess, 0.0) if saturated else excess), 0.0), limit)
        for old, excess, limit in zip(corrections, excesses, limits, strict=True)
    )
