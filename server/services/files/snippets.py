"""Programs that run a downloaded policy: the page shows them, the tests run them as they are.

Each defines `act(observation)`, (batch, observations) to (batch, actions), and prints one action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """A program and what it needs; FILE and SIZE in `text` stand for file and input size."""

    install: str
    text: str

    def filled(self, file: str, observations: int) -> str:
        """The program for one downloaded file."""
        return self.text.replace("FILE", repr(file)).replace("SIZE", str(observations))


_ONNX = """\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(FILE)


def act(observation):
    [action] = session.run(["action"], {"observation": observation})
    return action


print(act(np.zeros((1, SIZE), np.float32)))
"""

_SAFETENSORS = """\
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

_PYTORCH = """\
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

SNIPPETS: Mapping[str, Snippet] = {
    "onnx": Snippet("pip install numpy onnxruntime", _ONNX),
    "safetensors": Snippet("pip install numpy safetensors", _SAFETENSORS),
    "pytorch": Snippet("pip install torch numpy", _PYTORCH),
}
