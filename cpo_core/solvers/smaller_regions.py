"""Backtracking by solving again in a smaller trust region, with the costs' curvature in view.

Scaling one step cannot help where a cost is at its limit: the step slides along the linear
boundary, the true surrogate curves away from it, and every share of the step breaks the limit by a
little, so that the search rejects them all and the policy stands still (in SQP: the Maratos
effect). Here each rejected candidate shows the curvature, and the next one, from a smaller region,
aims below the limit by as much (a second-order correction; Nocedal and Wright, section 18.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cpo_core.solvers.line_search import Rejected
from cpo_core.solvers.trust_region import LocalModel, Step

Vector = Any

_SAFETY = 1.1
"""Aim a tenth beyond the curvature seen, for what is left of third order."""


class SmallerRegions:
    """Candidates for :func:`cpo_core.solvers.line_search.search`; `step` made the latest one.

    The first candidate is the plain step for `c` and `delta`, so nothing changes while it is
    accepted.
    """

    def __init__(self, model: LocalModel, c: Sequence[float], delta: float, first: Step) -> None:
        self._model, self._c, self._delta = model, np.asarray(c), delta
        self._curvature = np.zeros(len(c))
        self._fraction = 1.0
        self.step = first

    def __call__(self, fraction: float, rejected: Rejected | None) -> Vector:
        """x of the region with `fraction` of the radius."""
        if rejected is not None:
            self._learn(np.asarray(rejected[1].costs))
            aim = self._c + _SAFETY * self._curvature * fraction**2
            self.step = self._model.step(aim, self._delta * fraction**2)
        self._fraction = fraction
        return self.step.x

    def _learn(self, changes: np.ndarray[Any, np.dtype[np.float64]]) -> None:
        """Change beyond the linear model, as it would be at the full radius."""
        beyond = (changes - self.step.predicted_cost) / self._fraction**2
        if np.all(np.isfinite(beyond)):
            self._curvature = np.maximum(beyond, 0.0)
