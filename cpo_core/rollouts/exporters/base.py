"""What an export format is, and what it is given of a policy. Light floor: NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class ExportError(ValueError):
    """An export that cannot be made; the message names the argument."""


@dataclass(frozen=True)
class ExportedPolicy:
    """A trained policy in plain arrays, float32.

    `weights[i]` (inputs, outputs) and `biases[i]` (outputs,) of each layer; `extras`: parameters
    that no state changes, by name (`log_std`); actions are cut to `low`..`high` (act,).
    `shift` and `scale` (obs,) standardise observations, which are then cut to ±`clip` (None: taken
    as they are). `metadata`: where the policy comes from, as text values.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    extras: Mapping[str, Array]
    low: Array
    high: Array
    shift: Array | None
    scale: Array | None
    clip: float
    metadata: Mapping[str, str]

    def arrays(self) -> dict[str, Array]:
        """Named arrays; weights as torch.nn.Linear keeps them, (outputs, inputs)."""
        arrays = {"action_low": self.low, "action_high": self.high, **self.extras}
        for i, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            arrays[f"layers.{i}.weight"] = weights.T
            arrays[f"layers.{i}.bias"] = biases
        if self.shift is not None and self.scale is not None:
            arrays |= {"observation_shift": self.shift, "observation_scale": self.scale}
        return {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in arrays.items()}


@dataclass(frozen=True)
class Snippet:
    """A program that runs a downloaded policy: the page shows it, the tests run it as it is.

    It defines `act(observation)`, (batch, observations) to (batch, actions), and prints one action.
    FILE and SIZE in `text` stand for the file and the number of observations; `install` is the
    command that brings what it needs.
    """

    install: str
    text: str

    def filled(self, file: str, observations: int) -> str:
        """The program for one downloaded file."""
        return self.text.replace("FILE", repr(file)).replace("SIZE", str(observations))


@dataclass(frozen=True)
class Exporter:
    """One format. `name` is what people type, `title` what they read, `suffix` has no dot.

    `write(policy, out)` loads the libraries of the format itself, so that the web process, which
    reads all else, stays small. It raises ExportError.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[ExportedPolicy, Path], None]
    snippet: Snippet
