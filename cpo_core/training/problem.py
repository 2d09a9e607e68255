"""From a batch and its estimates to the local problem that an algorithm solves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpo_core.learners.base import Evaluation
from cpo_core.networks.policy import Policy
from cpo_core.networks.shards import Workers
from cpo_core.sim.episodes import Array, Batch
from cpo_core.solvers.cross_fit import Folds
from cpo_core.spec.config import TrainConfig
from cpo_core.training.estimates import Estimates
from cpo_core.training.surrogate import Surrogates, Weights, fisher_rows, fold_episodes


@dataclass
class BatchProblem:
    """`cpo_core.learners.base.LocalProblem` as one batch shows it; vectors are NumPy float64."""

    g: Array
    B: Array
    c: Array
    delta: float
    cg_steps: int
    damping: float
    line_search_steps: int
    line_search_decay: float
    line_search_fit: bool
    folds: Folds | None
    surrogates: Surrogates

    def hessian_product(self, x: Array) -> Array:
        """H x for (n,) or (k, n), on the Fisher subsample."""
        return self.surrogates.hessian_product(x)

    def evaluate(self, x: Array) -> Evaluation:
        """KL and surrogates at theta + x, on the whole batch."""
        return self.surrogates.evaluate(x)


def local_problem(
    policy: Policy,
    batch: Batch,
    estimates: Estimates,
    excess: Array,
    config: TrainConfig,
    generator: np.random.Generator,
    workers: Workers,
) -> BatchProblem:
    """`excess` (m,) is c: J_Ci - d_i and whatever correction stands.

    `generator` picks the Fisher subsample and, with cross-fitting, deals episodes to folds.
    A batch with fewer episodes than folds uses as many folds as it has episodes.
    """
    weights = Weights.of(batch, estimates.reward_advantages, estimates.cost_advantages)
    rows = fisher_rows(batch.steps, config.fisher_fraction, generator)
    count = min(config.cross_fit_folds, batch.episodes)
    parts = fold_episodes(batch.episodes, count, generator) if count > 1 else None
    surrogates = Surrogates(policy, batch, weights, workers, rows, parts)
    gradients = surrogates.gradients()
    return BatchProblem(
        g=gradients[0],
        B=gradients[1:],
        c=np.asarray(excess, dtype=np.float64),
        delta=config.delta,
        cg_steps=config.cg_steps,
        damping=config.damping,
        line_search_steps=config.line_search_steps,
        line_search_decay=config.line_search_decay,
        line_search_fit=config.line_search_fit,
        folds=surrogates.folds() if parts else None,
        surrogates=surrogates,
    )
