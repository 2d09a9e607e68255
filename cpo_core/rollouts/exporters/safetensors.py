"""safetensors: the arrays of the policy by name, with where it comes from in the header.

`layers.<i>.weight` (outputs, inputs), `layers.<i>.bias`, `log_std`, `action_low`,
`action_high`, and `observation_shift`, `observation_scale` where observations are standardised.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from cpo_core.rollouts.exporters.base import ExportedPolicy, Exporter, ExportError, Snippet

SNIPPET = """\
import numpy as np
from safetensors.numpy import load_file

weights = load_file(FILE)
layers = sum(name.startswith("layers.") for name in weights) // 2


def act(observation):
    x = observation
    if "observation_scale" in weights:
        x = (x - weights["observation_shift"]) / weights["observation_scale"]
        x = np.clip(x, -10, 10)
    for i in range(layers):
        x = x @ weights[f"layers.{i}.weight"].T + weights[f"layers.{i}.bias"]
        x = np.tanh(x) if i < layers - 1 else x
    return np.clip(x, weights["action_low"], weights["action_high"])


print(act(np.zeros((1, SIZE), np.float32)))
"""


def write(policy: ExportedPolicy, out: Path) -> None:
    """Write the arrays of `policy` to `out`; raises ExportError where it cannot be written."""
    library: Any = importlib.import_module("safetensors")
    save_file = importlib.import_module("safetensors.numpy").save_file
    try:
        save_file(policy.arrays(), out, dict(policy.metadata))
    except library.SafetensorError as error:
        raise ExportError(f"{out}: cannot be written: {error}") from error


EXPORTER = Exporter(
    "safetensors", "safetensors", "safetensors", write,
    Snippet("pip install numpy safetensors", SNIPPET),
)  # fmt: skip
