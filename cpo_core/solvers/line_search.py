"""Backtracking on the true surrogates and KL of the whole batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Vector = Any

_ROUNDING = 1 + 1e-12
"""A step made to land on δ or on a limit may miss it by rounding."""
_CLOSE = 0.99
"""How near to δ a fitted candidate aims, for what is not quadratic in KL."""


@dataclass(frozen=True)
class Evaluation:
    """What the whole batch says of a candidate x (change of the parameters).

    `kl`: mean over states of KL, summed over action dimensions. `reward`: change of the reward
    surrogate. `costs` (m,): change of each cost surrogate, per episode.
    """

    kl: float
    reward: float
    costs: tuple[float, ...]


@dataclass(frozen=True)
class Search:
    """`x` accepted, or exactly zero; `fraction` of the step taken (0: rejected), `tries` made."""

    x: Vector
    fraction: float
    tries: int
    evaluation: Evaluation

    @property
    def accepted(self) -> bool:
        """A candidate passed every check."""
        return self.fraction > 0


Rejected = tuple[Vector, Evaluation]
Proposal = Callable[[float, "Rejected | None"], Vector]
"""Candidate x for a share of the trust region's radius; it sees what was rejected before it."""


def search(
    propose: Proposal,
    evaluate: Callable[[Vector], Evaluation],
    *,
    delta: float,
    margins: Sequence[float],
    reward_must_improve: bool,
    steps: int,
    decay: float,
    fit: bool = False,
) -> Search:
    """First of the candidates for the shares 1, decay, decay² … that the batch agrees to.

    Accepted: a step that moves, KL <= δ, every cost surrogate's change <= its margin, and, outside
    recovery, a reward surrogate that rises. `margins` (m,) may be infinite, for a cost that is
    ignored. A non-finite value rejects the candidate like any other failure, so the next one is
    always smaller. With `fit`, a candidate that fails by its KL alone is followed by the one that
    just fits, KL being nearly quadratic in the share, or by decay if that is milder: the Fisher
    matrix of a subsample lets the first candidate miss δ by a percent, and decay alone would then
    give away a third of the trust region. When all of `steps` (>= 1) tries fail, nothing is kept:
    x is zero.
    """
    fraction, rejected, candidate = 1.0, None, None
    for tries in range(1, steps + 1):
        candidate = propose(fraction, rejected)
        found = evaluate(candidate)
        near = found.kl <= delta * _ROUNDING
        agrees = _agrees(found, margins, reward_must_improve)
        if near and agrees and bool((candidate != 0).any()):
            return Search(candidate, fraction, tries, found)
        by_kl_alone = fit and agrees and not near
        shorter = max(decay, _CLOSE * math.sqrt(delta / found.kl)) if by_kl_alone else decay
        fraction, rejected = fraction * shorter, (candidate, found)
    return unchanged(candidate, len(margins), tries=steps)


def along_ray(step: Vector) -> Proposal:
    """The paper's backtracking: shares of one step."""
    return lambda fraction, _: fraction * step


def unchanged(step: Vector, costs: int, tries: int = 0) -> Search:
    """The answer when no step is taken."""
    return Search(0.0 * step, 0.0, tries, Evaluation(0.0, 0.0, (0.0,) * costs))


def cost_margins(c: Sequence[float]) -> tuple[float, ...]:
    """max(d_i - J_Ci, 0): how far each cost surrogate may rise; never, once over its limit."""
    return tuple(max(-excess, 0.0) for excess in c)


def _agrees(found: Evaluation, margins: Sequence[float], reward_must_improve: bool) -> bool:
    """Whether everything but the size of KL is as it should be."""
    if not all(map(math.isfinite, (found.kl, found.reward, *found.costs))):
        return False
    if reward_must_improve and found.reward <= 0:
        return False
    pairs = zip(found.costs, margins, strict=True)
    return all(change <= margin * _ROUNDING for change, margin in pairs)
