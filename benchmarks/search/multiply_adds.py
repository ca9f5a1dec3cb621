"""How many multiply-adds a model does for one input, in its convolutions and products."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch.utils.flop_counter import FlopCounterMode

from robaudit.types import FloatArray

_OPERATORS = ("Conv", "Gemm", "MatMul")


def count_in_module(module: Any, x: FloatArray) -> int:
    """Count the multiply-adds of a torch module for one input x (1, *shape)."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.as_tensor(x))
    return int(counter.get_total_flops()) // 2


def count_in_graph(model: onnx.ModelProto, x: FloatArray) -> int:
    """Count the multiply-adds of an ONNX model's Conv, Gemm and MatMul for one input (1, *shape).

    The graph is run once with the inputs and outputs of these operators given out,
    since shapes that are inferred are missing in many files.
    """
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    graph = exposed.graph
    graph.ClearField("value_info")
    weights = {one.name: tuple(one.dims) for one in graph.initializer}
    products = [node for node in graph.node if node.op_type in _OPERATORS]
    inputs = [one for one in graph.input if one.name not in weights]
    names = {name for node in products for name in (*node.input[:2], node.output[0])}
    wanted = sorted(names - set(weights) - {one.name for one in inputs})
    graph.ClearField("output")
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        exposed.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    kind = onnx.helper.tensor_dtype_to_np_dtype(inputs[0].type.tensor_type.elem_type)
    values = session.run(wanted, {inputs[0].name: np.asarray(x, dtype=kind)})
    shapes = {name: np.shape(value) for name, value in zip(wanted, values, strict=True)}
    shapes |= weights | {inputs[0].name: x.shape}
    return sum(_count(node, shapes) for node in products)


def _count(node: onnx.NodeProto, shapes: dict[str, Sequence[int]]) -> int:
    """Count one operator's multiply-adds: the size of its output times the terms of each sum."""
    first, second, output = shapes[node.input[0]], shapes[node.input[1]], shapes[node.output[0]]
    if node.op_type == "Conv":
        return math.prod(output) * math.prod(second[1:])
    transposed = any(one.name == "transA" and one.i for one in node.attribute)
    return math.prod(output) * first[0 if transposed else -1]
