"""ONNX: input `observation` (batch, obs), output `action` (batch, act), both float32.

`action` is the mean action cut to the task's range, from the raw observation: standardisation and
clipping are part of the graph. It is built node by node from operators that every runtime has
(opset 17), so neither a tracer nor torch is needed to make or run it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from cpo_core.rollouts.exporters.base import ExportedPolicy, Exporter, Snippet

OPSET = 17
IR_VERSION = 8
"""What onnxruntime from 1.13 on reads."""

SNIPPET = """\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(FILE)


def act(observation):
    [action] = session.run(["action"], {"observation": observation})
    return action


print(act(np.zeros((1, SIZE), np.float32)))
"""


def write(policy: ExportedPolicy, out: Path) -> None:
    """Write the graph of `policy` to `out`."""
    onnx: Any = importlib.import_module("onnx")
    onnx.save(_graph(onnx, policy), out)


def _graph(onnx: Any, policy: ExportedPolicy) -> Any:
    """observation -> standardise -> (Gemm, Tanh)* -> Gemm -> clip -> action."""
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: Any) -> str:
        constants.append(onnx.numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(operator: str, inputs: list[str], output: str) -> str:
        nodes.append(onnx.helper.make_node(operator, inputs, [output], name=output))
        return output

    def value(name: str, size: int) -> Any:
        kind = onnx.TensorProto.FLOAT
        return onnx.helper.make_tensor_value_info(name, kind, ["batch", size])

    flow = "observation"
    if policy.shift is not None and policy.scale is not None:
        flow = node("Sub", [flow, constant("shift", policy.shift)], "centred")
        flow = node("Div", [flow, constant("scale", policy.scale)], "scaled")
        bounds = [constant("standard_low", -policy.clip), constant("standard_high", policy.clip)]
        flow = node("Clip", [flow, *bounds], "standardised")
    last = len(policy.weights) - 1
    for i, (weights, biases) in enumerate(zip(policy.weights, policy.biases, strict=True)):
        names = [constant(f"weights{i}", weights), constant(f"biases{i}", biases)]
        flow = node("Gemm", [flow, *names], f"linear{i}")
        if i < last:
            flow = node("Tanh", [flow], f"hidden{i}")
    # Bounds differ by action, which Clip does not take: Max and Min do.
    flow = node("Max", [flow, constant("action_low", policy.low)], "above_low")
    node("Min", [flow, constant("action_high", policy.high)], "action")
    sizes = (policy.weights[0].shape[0], policy.weights[-1].shape[1])
    graph = onnx.helper.make_graph(
        nodes,
        "policy",
        [value("observation", sizes[0])],
        [value("action", sizes[1])],
        constants,
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], producer_name="costline"
    )
    model.ir_version = IR_VERSION
    onnx.helper.set_model_props(model, dict(policy.metadata))
    onnx.checker.check_model(model)
    return model


EXPORTER = Exporter(
    "onnx", "ONNX", "onnx", write, Snippet("pip install numpy onnxruntime", SNIPPET)
)
