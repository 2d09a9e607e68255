"""A PyTorch state, readable with `weights_only`: `state_dict` and `metadata`.

In `state_dict`: `layers.<i>.weight` (outputs, inputs), `layers.<i>.bias`, `log_std`, `action_low`,
`action_high`, and `observation_shift`, `observation_scale` where observations are standardised.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from cpo_core.rollouts.exporters.base import ExportedPolicy, Exporter, Snippet

SNIPPET = """\
import torch

weights = torch.load(FILE, weights_only=True)["state_dict"]
layers = sum(name.startswith("layers.") for name in weights) // 2


def act(observation):
    x = observation
    if "observation_scale" in weights:
        x = (x - weights["observation_shift"]) / weights["observation_scale"]
        x = x.clamp(-10, 10)
    for i in range(layers):
        x = x @ weights[f"layers.{i}.weight"].T + weights[f"layers.{i}.bias"]
        x = torch.tanh(x) if i < layers - 1 else x
    return torch.clamp(x, weights["action_low"], weights["action_high"])


print(act(torch.zeros(1, SIZE)))
"""


def write(policy: ExportedPolicy, out: Path) -> None:
    """Write the tensors of `policy` to `out`."""
    torch: Any = importlib.import_module("torch")
    state = {name: torch.from_numpy(array) for name, array in policy.arrays().items()}
    torch.save({"state_dict": state, "metadata": dict(policy.metadata)}, out)


EXPORTER = Exporter(
    "pytorch", "PyTorch state", "pt", write, Snippet("pip install torch numpy", SNIPPET)
)
