"""Small ONNX models, made here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
Shape = list[int | str | None]
Save = Callable[..., Path]


def make_onnx(
    nodes: list[onnx.NodeProto],
    weights: dict[str, Any],
    input_shape: Shape,
    output_shape: Shape,
    *,
    dtype: int = FLOAT,
    opset: int = 17,
    weights_as_inputs: bool = False,
) -> onnx.ModelProto:
    """Make a model from input "x" to output "y"."""
    initializers = [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items()]
    inputs = [helper.make_tensor_value_info("x", dtype, input_shape)]
    if weights_as_inputs:
        inputs += [
            helper.make_tensor_value_info(i.name, i.data_type, list(i.dims)) for i in initializers
        ]
    graph = helper.make_graph(
        nodes,
        "test",
        inputs,
        [helper.make_tensor_value_info("y", dtype, output_shape)],
        initializers,
    )
    return helper.make_model(
        graph,
        ir_version=3 if weights_as_inputs else 8,
        opset_imports=[helper.make_opsetid("", opset)],
    )


def affine_onnx(
    weights: np.ndarray,
    bias: np.ndarray,
    input_shape: Shape,
    *,
    tail: tuple[str, ...] = (),
    dtype: int = FLOAT,
    opset: int = 17,
) -> onnx.ModelProto:
    """Make ``flatten(x) @ weights + bias``, followed by operators without arguments."""
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    names = ["a", *[f"t{i}" for i in range(len(tail))]]
    names[-1] = "y"
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"], axis=1),
        helper.make_node("MatMul", ["f", "w"], ["m"]),
        helper.make_node("Add", ["m", "b"], [names[0]]),
        *[
            helper.make_node(operator, [names[i]], [names[i + 1]])
            for i, operator in enumerate(tail)
        ],
    ]
    return make_onnx(
        nodes,
        {"w": weights.astype(kind), "b": bias.astype(kind)},
        input_shape,
        [input_shape[0], len(bias)],
        dtype=dtype,
        opset=opset,
    )


def striped_onnx(direction: np.ndarray, width: float, classes: int, size: int) -> onnx.ModelProto:
    """Make the ONNX form of `robaudit.testing.striped_classifier` over (N, size, size)."""
    turns = 2 * np.pi / (len(direction) * width * classes)
    phase = 2 * np.pi * (np.arange(classes) + 0.5) / classes
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"], axis=1),
        helper.make_node("MatMul", ["f", "w"], ["m"]),
        helper.make_node("Sub", ["m", "p"], ["s"]),
        helper.make_node("Cos", ["s"], ["y"]),
    ]
    weights = {
        "w": np.repeat(direction[:, None] * turns, classes, axis=1).astype(np.float32),
        "p": phase.astype(np.float32),
    }
    return make_onnx(nodes, weights, ["N", size, size], ["N", classes])
