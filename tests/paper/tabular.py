"""Tabular CMDPs with everything exact: values, advantages, surrogates, KL, Fisher matrix, optimum.

Infinite horizon, discounted, softmax policy with one logit per state and action. `d` is the
discounted state distribution (sums to 1), and all surrogates carry the factor 1/(1-γ), so that
they are in the units of J.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from cpo_core.learners.base import Evaluation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cmdp:
    """P (S, A, S), rewards (S, A), costs (m, S, A), limits (m,), start (S,)."""

    P: Array
    R: Array
    C: Array
    limits: tuple[float, ...]
    start: Array
    gamma: float

    def optimum(self) -> float:
        """Largest J within the limits, by linear programming over occupancies (S, A)."""
        S, A = self.R.shape
        flow = np.zeros((S, S, A))
        for s in range(S):
            flow[s, s] += 1.0
        flow -= self.gamma * np.transpose(self.P, (2, 0, 1))
        found = linprog(
            -self.R.ravel(),
            A_ub=self.C.reshape(len(self.limits), -1),
            b_ub=self.limits,
            A_eq=flow.reshape(S, -1),
            b_eq=self.start,
        )
        assert found.success, found.message
        return -found.fun


class Policy:
    """Softmax policy of logits (S, A) in a CMDP, with its exact values."""

    def __init__(self, cmdp: Cmdp, logits: Array) -> None:
        self.cmdp, self.logits = cmdp, logits
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.pi = shifted / shifted.sum(axis=1, keepdims=True)
        self.P_pi = np.einsum("sa,sat->st", self.pi, cmdp.P)
        self._solve = np.linalg.inv(np.eye(len(logits)) - cmdp.gamma * self.P_pi)
        self.d = (1 - cmdp.gamma) * cmdp.start @ self._solve

    def value(self, per_step: Array) -> Array:
        """V (S,) of a reward or cost (S, A)."""
        return self._solve @ np.sum(self.pi * per_step, axis=1)

    def J(self, per_step: Array) -> float:  # noqa: N802 (the paper's name)
        """Expected discounted sum from the start."""
        return float(self.cmdp.start @ self.value(per_step))

    def advantage(self, per_step: Array) -> Array:
        """A (S, A)."""
        V = self.value(per_step)
        return per_step + self.cmdp.gamma * self.cmdp.P @ V - V[:, None]

    @property
    def costs(self) -> Array:
        """J_C (m,)."""
        return np.array([self.J(C) for C in self.cmdp.C])


class TabularProblem:
    """The LocalProblem (eq. 10 and 11) of a policy, without any estimation."""

    cg_steps = 60
    damping = 0.0
    line_search_steps = 30
    line_search_decay = 0.8
    line_search_fit = True
    folds = None

    def __init__(self, policy: Policy, delta: float, penalties: tuple[float, ...] = ()) -> None:
        self.policy, self.delta = policy, delta
        cmdp = policy.cmdp
        nu = np.array(penalties or (0.0,) * len(cmdp.limits))
        reward = cmdp.R - np.einsum("i,isa->sa", nu, cmdp.C)
        self._advantages = [policy.advantage(signal) for signal in (reward, *cmdp.C)]
        gradients = [self._gradient(A) for A in self._advantages]
        self.g, self.B = gradients[0], np.array(gradients[1:]).reshape(-1, policy.logits.size)
        self.c = policy.costs - np.array(cmdp.limits)

    def _gradient(self, advantage: Array) -> Array:
        """Σ_s d(s) π(a|s) A(s,a) / (1-γ): π-mean of A is zero in every state."""
        weight = self.policy.d[:, None] * self.policy.pi / (1 - self.policy.cmdp.gamma)
        return (weight * advantage).ravel()

    def hessian_product(self, x: Array) -> Array:
        """Σ_s d(s) (diag π - ππᵀ) x_s; singular: adding a constant to a state's logits."""
        pi = self.policy.pi
        u = x.reshape(-1, *pi.shape)
        centred = u - np.sum(pi * u, axis=2, keepdims=True)
        return (self.policy.d[:, None] * pi * centred).reshape(x.shape)

    def moved(self, x: Array) -> Policy:
        """The policy at θ + x."""
        return Policy(self.policy.cmdp, self.policy.logits + x.reshape(self.policy.logits.shape))

    def evaluate(self, x: Array) -> Evaluation:
        """Exact surrogates of eq. 10 and mean KL(new||old) over d."""
        old, new = self.policy, self.moved(x)
        gamma = old.cmdp.gamma
        changes = [
            float(old.d @ np.sum(new.pi * A, axis=1)) / (1 - gamma) for A in self._advantages
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(new.pi > 0, new.pi * np.log(new.pi / old.pi), 0.0)
        kl = float(old.d @ np.sum(terms, axis=1))
        return Evaluation(kl, changes[0], tuple(changes[1:]))

    def largest_cost_advantage(self, new: Policy) -> Array:
        """ε_C (m,) of Proposition 2: max_s |E_{a~π_new} A_C(s, a)|."""
        means = [np.abs(np.sum(new.pi * A, axis=1)).max() for A in self._advantages[1:]]
        return np.array(means)


def random_cmdp(seed: int, states: int = 6, actions: int = 3, costs: int = 1) -> Cmdp:
    """A CMDP whose limits lie half way between the least cost and that of the best reward."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(0.5 * np.ones(states), size=(states, actions))
    R = rng.random((states, actions))
    # What earns also costs, so that the limits bind.
    C = np.clip(0.6 * R[None] + 0.5 * rng.random((costs, states, actions)) - 0.2, 0, None)
    start = np.ones(states) / states
    free = Cmdp(P, R, C, (), start, 0.9)
    greedy = _greedy(free, R)
    limits = ((_greedy(free, -signal).J(signal) + greedy.J(signal)) / 2 for signal in C)
    return Cmdp(P, R, C, tuple(limits), start, 0.9)


def _greedy(cmdp: Cmdp, signal: Array) -> Policy:
    """The policy that is optimal for `signal` alone, by value iteration."""
    V, Q = np.zeros(len(signal)), signal
    for _ in range(500):
        Q = signal + cmdp.gamma * cmdp.P @ V
        V = Q.max(axis=1)
    return Policy(cmdp, np.where(V[:, None] == Q, 0.0, -1e3))
