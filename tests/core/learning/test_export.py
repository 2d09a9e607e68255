"""Exported policies against the policy that was trained, in the programs that will run them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.numpy import load_file

from cpo_core.networks.moments import CLIP
from cpo_core.rollouts.export import ExportError, export
from cpo_core.sim.episodes import Array
from cpo_core.spec.config import make_config
from cpo_core.spec.registry import find_task
from cpo_core.training import checkpoint
from cpo_core.training.state import initial_state


def _checkpoint(directory: Path, normalize: bool) -> tuple[Path, Array, Array]:
    """A checkpoint of Point-Circle, observations (some extreme), and the actions expected."""
    config = make_config("point-circle", normalize_observations=normalize)
    state = initial_state(config, find_task("point-circle"), {})
    generator = np.random.default_rng(0)
    observations = (2 + 5 * generator.normal(size=(500, 5))).astype(np.float32)
    state.policy.theta.add_(torch.from_numpy(generator.normal(0, 0.2, len(state.policy.theta))))
    state.policy = state.policy.observing(observations)
    path = directory / "000000.ckpt"
    checkpoint.save(path, state, config)
    observations[:5] *= 100
    bounds = np.array([1.0, 0.25], np.float32)
    return path, observations, np.clip(state.policy.numpy().outputs(observations), -bounds, bounds)


@pytest.mark.parametrize("normalize", [False, True])
def test_onnx_gives_the_clipped_mean_action_within_1e_5(tmp_path: Path, normalize: bool) -> None:
    path, observations, expected = _checkpoint(tmp_path, normalize)
    session = onnxruntime.InferenceSession(export(path, "onnx", tmp_path / "policy.onnx"))
    (found,) = session.run(["action"], {"observation": observations})
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (np.abs(found[:, 1]) == 0.25).any(), "the range of the actions is part of the graph"
    (one,) = session.run(["action"], {"observation": observations[7:8]})
    np.testing.assert_allclose(one[0], expected[7], atol=1e-5)


def test_onnx_says_where_it_comes_from(tmp_path: Path) -> None:
    path, _, _ = _checkpoint(tmp_path, normalize=False)
    model = onnx.load(export(path, "onnx", tmp_path / "policy.onnx"))
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["task"] == "point-circle"
    assert properties["iteration"] == "0"
    assert json.loads(properties["limits"]) == {"outside": 5.0}
    assert "mujoco" in json.loads(properties["versions"])


def _act(arrays: dict[str, Array], observations: Array) -> Array:
    """What the docstring of `export` says that a reader does."""
    hidden = observations
    if "observation_shift" in arrays:
        hidden = (hidden - arrays["observation_shift"]) / arrays["observation_scale"]
        hidden = np.clip(hidden, -CLIP, CLIP)
    last = max(int(name.split(".")[1]) for name in arrays if name.startswith("layers."))
    for i in range(last + 1):
        hidden = hidden @ arrays[f"layers.{i}.weight"].T + arrays[f"layers.{i}.bias"]
        hidden = hidden if i == last else np.tanh(hidden)
    return np.clip(hidden, arrays["action_low"], arrays["action_high"])


@pytest.mark.parametrize("normalize", [False, True])
def test_safetensors_and_pytorch_hold_the_same_policy(tmp_path: Path, normalize: bool) -> None:
    path, observations, expected = _checkpoint(tmp_path, normalize)
    arrays = load_file(export(path, "safetensors", tmp_path / "policy.safetensors"))
    np.testing.assert_allclose(_act(arrays, observations), expected, atol=1e-5)
    loaded = torch.load(export(path, "pytorch", tmp_path / "policy.pt"), weights_only=True)
    state = {name: tensor.numpy() for name, tensor in loaded["state_dict"].items()}
    np.testing.assert_allclose(_act(state, observations), expected, atol=1e-5)


def test_an_unknown_format_is_refused_by_name(tmp_path: Path) -> None:
    path, _, _ = _checkpoint(tmp_path, normalize=False)
    with pytest.raises(ExportError, match=r"format: 'gif' is unknown; choose onnx, safetensors"):
        export(path, "gif", tmp_path / "policy.gif")
