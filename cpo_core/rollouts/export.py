"""Trained policies for other programs: ONNX, safetensors, or a PyTorch state.

All three give the mean action cut to the task's range, from the raw observation: standardisation
and clipping are part of what is exported. The ONNX graph is built node by node from operators that
every runtime has (opset 17), so neither a tracer nor torch is needed to make or run it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors import SafetensorError
from safetensors.numpy import save_file

from cpo_core.networks.moments import CLIP
from cpo_core.networks.policy import NumpyPolicy
from cpo_core.sim.action_range import action_range
from cpo_core.sim.episodes import Array
from cpo_core.spec import registry
from cpo_core.spec.parameters import to_plain
from cpo_core.training import checkpoint
from cpo_core.training.checkpoint import Checkpoint

Format = Literal["onnx", "safetensors", "pytorch"]
FORMATS: tuple[Format, ...] = ("onnx", "safetensors", "pytorch")
SUFFIXES: Mapping[Format, str] = {"onnx": ".onnx", "safetensors": ".safetensors", "pytorch": ".pt"}
OPSET = 17
IR_VERSION = 8
"""What onnxruntime from 1.13 on reads."""


class ExportError(ValueError):
    """An export that cannot be made; the message names the argument."""


def export(path: Path, format: str, out: Path) -> Path:
    """Write the policy of checkpoint `path` to `out`; raises CheckpointError, ExportError.

    onnx: input `observation` (batch, obs), output `action` (batch, act), both float32.
    safetensors and pytorch: `layers.<i>.weight` (outputs, inputs), `layers.<i>.bias`, `log_std`,
    `action_low`, `action_high`, and `observation_shift`, `observation_scale` where standardised.
    """
    found = checkpoint.load(path)
    policy = found.state.policy.numpy()
    low, high = action_range(registry.find_task(found.config.task))
    metadata = _metadata(found)
    out.parent.mkdir(parents=True, exist_ok=True)
    if format == "onnx":
        onnx.save(_graph(policy, low, high, metadata), out)
    elif format == "safetensors":
        try:
            save_file(_arrays(policy, low, high), out, metadata)
        except SafetensorError as error:
            raise ExportError(f"{out}: cannot be written: {error}") from error
    elif format == "pytorch":
        state: dict[str, Any] = {
            name: torch.from_numpy(array) for name, array in _arrays(policy, low, high).items()
        }
        torch.save({"state_dict": state, "metadata": metadata}, out)
    else:
        raise ExportError(f"format: {format!r} is unknown; choose {', '.join(FORMATS)}")
    return out


def _metadata(found: Checkpoint) -> dict[str, str]:
    """Where the policy comes from, as text values."""
    return {
        "task": found.config.task,
        "algorithm": found.config.algorithm,
        "iteration": str(found.state.iteration),
        "limits": json.dumps(dict(found.config.limits)),
        "config": json.dumps(to_plain(found.config)),
        "versions": json.dumps(dict(found.versions)),
    }


def _arrays(policy: NumpyPolicy, low: Array, high: Array) -> dict[str, Array]:
    """Named float32 arrays; weights as torch.nn.Linear keeps them."""
    arrays = {"action_low": low, "action_high": high}
    arrays |= policy.distribution.named_extras(policy.extras)
    for i, (weights, biases) in enumerate(zip(policy.weights, policy.biases, strict=True)):
        arrays[f"layers.{i}.weight"] = weights.T
        arrays[f"layers.{i}.bias"] = biases
    if policy.shift is not None and policy.scale is not None:
        arrays |= {"observation_shift": policy.shift, "observation_scale": policy.scale}
    return {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in arrays.items()}


def _graph(
    policy: NumpyPolicy, low: Array, high: Array, metadata: Mapping[str, str]
) -> onnx.ModelProto:
    """observation -> standardise -> (Gemm, Tanh)* -> Gemm -> clip -> action."""
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(operator: str, inputs: list[str], output: str) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], name=output))
        return output

    flow = "observation"
    if policy.shift is not None and policy.scale is not None:
        flow = node("Sub", [flow, constant("shift", policy.shift)], "centred")
        flow = node("Div", [flow, constant("scale", policy.scale)], "scaled")
        bounds = [constant("standard_low", -CLIP), constant("standard_high", CLIP)]
        flow = node("Clip", [flow, *bounds], "standardised")
    last = len(policy.weights) - 1
    for i, (weights, biases) in enumerate(zip(policy.weights, policy.biases, strict=True)):
        names = [constant(f"weights{i}", weights), constant(f"biases{i}", biases)]
        flow = node("Gemm", [flow, *names], f"linear{i}")
        if i < last:
            flow = node("Tanh", [flow], f"hidden{i}")
    # Bounds differ by action, which Clip does not take: Max and Min do.
    flow = node("Max", [flow, constant("action_low", low)], "above_low")
    node("Min", [flow, constant("action_high", high)], "action")
    sizes = (policy.weights[0].shape[0], policy.weights[-1].shape[1])
    graph = helper.make_graph(
        nodes,
        "policy",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, ["batch", sizes[0]])],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, ["batch", sizes[1]])],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="costline"
    )
    model.ir_version = IR_VERSION
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    return model
