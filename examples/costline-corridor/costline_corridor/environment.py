"""The second way: an ordinary Gymnasium environment that reports costs, one world at a time."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np


class Corridor(gymnasium.Env):
    """Run along a line; between 8 and 12 m go slowly. Two costs, reported by name."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012 (Gymnasium's way)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
        self._x = self._v = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Start near 0; every random number comes from `self.np_random`."""
        super().reset(seed=seed)
        self._x, self._v = float(self.np_random.normal(0, 0.1)), 0.0
        return self._observation(), {}

    def step(self, action: np.ndarray):
        """`info["costs"]` has every cost on every step, none below zero."""
        self._v = 0.8 * self._v + 0.2 * float(action[0])
        self._x += self._v
        costs = {
            "fast": float(8 < self._x < 12 and abs(self._v) > 0.3),
            "energy": float(action[0]) ** 2,
        }
        return self._observation(), self._v, self._x > 30, False, {"costs": costs}

    def render(self) -> np.ndarray:
        """A strip with the school in red and the runner in black."""
        picture = np.full((60, 320, 3), 235, np.uint8)
        picture[:, 80:120] = (250, 180, 170)
        column = int(np.clip(10 * self._x, 2, 317))
        picture[20:40, column - 2 : column + 3] = 30
        return picture

    def _observation(self) -> np.ndarray:
        return np.array([self._x / 10, self._v])
