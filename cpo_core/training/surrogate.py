"""The local problem of one update (eq. 10 and 11), estimated from a batch.

Reward surrogate: mean over steps of ratio * A. Cost surrogate i: sum over steps of ratio * A_Ci,
divided by the number of episodes, that is mean over steps times mean episode length; so b_i and
c_i are both per episode (the length of b matters, unlike that of g). KL(new||old) is summed over
action dimensions and averaged over states. Networks run in float32; sums over shards and all
vectors handed to the solver are float64.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cpo_core.learners.base import Evaluation
from cpo_core.networks.distributions.base import Parameters
from cpo_core.networks.mlp import Activations, Tensor, to_tensor
from cpo_core.networks.policy import Policy
from cpo_core.networks.shards import Workers, shards
from cpo_core.sim.episodes import Array, Batch
from cpo_core.solvers.cross_fit import Folds


@dataclass(frozen=True)
class Weights:
    """What multiplies the ratio at each step: row 0 the reward's, then each cost's, (1+m, S).

    Already divided, so that a surrogate is the plain sum of ratio * weight over the steps.
    """

    per_step: Array

    @staticmethod
    def of(batch: Batch, reward: Array, costs: Array) -> Weights:
        """`reward` (S,) and `costs` (m, S) are advantages; see the module for the units."""
        rows = np.concatenate([reward[None] / batch.steps, costs / batch.episodes])
        return Weights(np.ascontiguousarray(rows, dtype=np.float64))


class Surrogates:
    """The batch seen from the policy that drew it: gradients, Fisher products, candidates.

    One pass over the batch gives the old outputs and all gradients. With `folds` (episode indices
    of each) steps are put in the order of their folds, so that the same pass gives every fold's
    gradients too. `fisher_rows`: indices of the steps used for Fisher products (None: all).
    """

    def __init__(
        self,
        policy: Policy,
        batch: Batch,
        weights: Weights,
        workers: Workers,
        fisher_rows: Array | None = None,
        folds: Sequence[Array] | None = None,
    ) -> None:
        self._policy, self._workers = policy, workers
        self._distribution = policy.distribution
        self._episodes, self._steps = batch.episodes, batch.steps
        self._fold_episodes = [batch.episodes] if folds is None else [len(fold) for fold in folds]
        inputs = policy.inputs(batch.observations)
        self._prepare_fisher(inputs, fisher_rows)
        order, bounds = _order(batch, folds)
        self._inputs = inputs if order is None else inputs[order]
        self._actions = _ordered(to_tensor(batch.actions), order)
        self._weights = _ordered(to_tensor(weights.per_step.T), order)
        self._rows = [
            slice(start + rows.start, start + rows.stop)
            for start, end in itertools.pairwise(bounds)
            for rows in shards(end - start)
        ]
        passed = workers.map(self._pass, self._rows)
        self._old = [policy.at(outputs) for outputs, _ in passed]
        self._sums = [
            _total([g for (_, g), rows in zip(passed, self._rows, strict=True)
                    if start <= rows.start < end]).numpy()
            for start, end in itertools.pairwise(bounds)
        ]  # fmt: skip
        self._latest: tuple[Array, list[Tensor]] | None = None

    def gradients(self) -> Array:
        """g and b_1..b_m as rows (1+m, n)."""
        return np.sum(self._sums, axis=0)

    def folds(self) -> Folds:
        """The gradients as each fold of episodes alone estimates them.

        A fold's sums are divided by its share of all episodes, so that the weighted means over
        folds are exactly g and b_i.
        """
        weights = tuple(count / self._episodes for count in self._fold_episodes)
        stacked = np.stack([s / w for s, w in zip(self._sums, weights, strict=True)])
        return Folds(stacked[:, 0], stacked[:, 1:], weights)

    def hessian_product(self, x: Array) -> Array:
        """H x for x (n,) or a block (k, n): the Hessian of mean KL at theta_k (no damping).

        Jᵀ M J for the network's parameters, with M the Hessian by its outputs (Gauss-Newton, exact
        at theta_k), and beside it the block of the parameters that no state changes.
        """
        block = np.atleast_2d(x)
        policy, mlp, theta = self._policy, self._policy.mlp, self._policy.network
        tangents = to_tensor(block[:, : mlp.parameters])
        weighted, steps = self._distribution.fisher_outputs, self._fisher_steps

        def product(at: Activations) -> Tensor:
            change = mlp.jvp(theta, at, tangents)
            return mlp.vjp(theta, at, weighted(policy.at(at.output), change, steps))

        result = np.empty_like(block)
        result[:, : mlp.parameters] = _total(self._workers.map(product, self._fisher))
        result[:, mlp.parameters :] = self._distribution.fisher_extras(
            policy.extras, block[:, mlp.parameters :]
        )
        return result.reshape(x.shape)

    def evaluate(self, x: Array) -> Evaluation:
        """KL(new||old) and the change of every surrogate at theta + x, on the whole batch."""
        new = self._policy.moved(x)
        distribution = self._distribution

        def sums(item: tuple[slice, Parameters]) -> tuple[Tensor, Tensor]:
            rows, old = item
            now = new.at(new.mlp.output(new.network, self._inputs[rows]))
            change = torch.expm1(distribution.log_ratio(self._actions[rows], old, now))
            kl = distribution.kl_sum(old, now)
            return change, torch.cat([kl[None], change @ self._weights[rows].double()])

        found = self._workers.map(sums, zip(self._rows, self._old, strict=True))
        self._latest = x, [change for change, _ in found]
        total = _total([part for _, part in found])
        shared = distribution.kl_shared(self._policy.extras, new.extras)
        kl = shared + float(total[0]) / self._steps
        return Evaluation(kl, float(total[1]), tuple(float(v) for v in total[2:]))

    def largest_advantages(self, x: Array) -> tuple[float, ...]:
        """ε_Ci as the batch shows it: largest |ratio * A_Ci| over the steps, at theta + x.

        An estimate: ε_C of Proposition 2 is a maximum over all states of an expectation over
        actions of the true advantage; here one sampled action and a noisy advantage stand for it.
        Costs nothing for the x that was evaluated last.
        """
        if x.any() and (self._latest is None or not np.array_equal(self._latest[0], x)):
            self.evaluate(x)
        latest = self._latest[1] if x.any() and self._latest else [torch.zeros(1)] * len(self._rows)
        largest = [
            ((1 + change)[:, None] * self._weights[rows, 1:]).abs().amax(0)
            for rows, change in zip(self._rows, latest, strict=True)
        ]
        return tuple((torch.stack(largest).amax(0).double() * self._episodes).tolist())

    def _prepare_fisher(self, inputs: Tensor, rows: Array | None) -> None:
        mlp, theta = self._policy.mlp, self._policy.network
        chosen = inputs if rows is None else inputs[torch.from_numpy(rows)]
        self._fisher_steps = len(chosen)
        self._fisher = self._workers.map(
            lambda part: mlp.forward(theta, chosen[part]), shards(len(chosen))
        )

    def _pass(self, rows: slice) -> tuple[Tensor, Tensor]:
        """Old outputs, and sums of weight * gradient of log π(a|s), one row per surrogate."""
        mlp, theta = self._policy.mlp, self._policy.network
        at = mlp.forward(theta, self._inputs[rows])
        of_outputs, of_extras = self._distribution.score(
            self._actions[rows], self._policy.at(at.output)
        )
        weights = self._weights[rows]
        upstream = weights.unsqueeze(2) * of_outputs.unsqueeze(1)
        return at.output, torch.cat([mlp.vjp(theta, at, upstream), weights.T @ of_extras], dim=1)


def _order(batch: Batch, folds: Sequence[Array] | None) -> tuple[Tensor | None, list[int]]:
    """Steps in the order of their folds (None: as they are), and where each fold begins."""
    if folds is None:
        return None, [0, batch.steps]
    episode = np.repeat(np.arange(batch.episodes), batch.lengths)
    parts = [np.flatnonzero(np.isin(episode, fold)) for fold in folds]
    bounds = [0, *np.cumsum([len(part) for part in parts]).tolist()]
    return torch.from_numpy(np.concatenate(parts)), bounds


def _ordered(tensor: Tensor, order: Tensor | None) -> Tensor:
    return tensor if order is None else tensor[order]


def fold_episodes(episodes: int, folds: int, generator: np.random.Generator) -> list[Array]:
    """Episode indices dealt at random into `folds` parts of nearly equal size, each sorted."""
    order = generator.permutation(episodes)
    return [np.sort(part) for part in np.array_split(order, folds)]


def fisher_rows(steps: int, fraction: float, generator: np.random.Generator) -> Array | None:
    """Sorted random indices of a share of the steps; None for all of them."""
    if fraction >= 1:
        return None
    chosen = max(1, round(fraction * steps))
    return np.sort(generator.choice(steps, size=chosen, replace=False, shuffle=False))


def _total(parts: Sequence[Tensor]) -> Tensor:
    """Sum in float64, in order: the same whichever thread made which part."""
    total = parts[0].double()
    for part in parts[1:]:
        total = total + part
    return total
