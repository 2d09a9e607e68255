"""Foreign environments for tests. Their processes import this module, so it loads little."""

from __future__ import annotations

import os
import signal
from typing import Any

import gymnasium
import numpy as np


class Counter(gymnasium.Env):
    """Observes its step count and a number of its own generator; costs as told."""

    def __init__(
        self, cost: Any = 0.5, fail_at: int = 0, bad: Any = None, space: Any = None
    ) -> None:
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.action_space = space or gymnasium.spaces.Box(-1.0, 2.0, (3,), np.float32)
        self._cost, self._fail_at, self._bad, self._step = cost, fail_at, bad, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._step = 0
        return self._seen(), {}

    def step(self, action):
        self._step += 1
        cost = self._bad if self._step == self._fail_at else self._cost
        info = {"costs": cost} if isinstance(cost, dict) else {"cost": cost}
        info = {} if cost == "missing" else info
        return self._seen(), float(np.sum(action)), self._step >= 9, self._step >= 7, info

    def _seen(self) -> np.ndarray:
        return np.array([self._step, self.np_random.random()])


class Killed(Counter):
    def step(self, action):
        if self._step == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(action)


class Six(Counter):
    def step(self, action):
        observation, reward, terminated, truncated, _ = super().step(action)
        return observation, reward, 2.0, terminated, truncated, {}
