"""Which tensors of an ONNX model are weights to train, and how new values get into it.

A file says nothing of what was trained: what a tensor is for shows in the operator
that reads it. Constants of preprocessing are thus left alone, and so are the
statistics of batch normalisation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import AttributeProto, TensorProto, helper

from robaudit_onnx.graph import SHAPE_ONLY, producers

_FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
_AFFINE: dict[str, tuple[int, ...]] = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Gemm": (0, 1, 2),
    "MatMul": (0, 1),
}
_ROLES: dict[tuple[str, str], tuple[int, ...]] = {
    **{("", operator): inputs for operator, inputs in _AFFINE.items()},
    ("", "BatchNormalization"): (1, 2),
    ("", "InstanceNormalization"): (1, 2),
    ("", "LayerNormalization"): (1, 2),
    ("", "GroupNormalization"): (1, 2),
    ("", "PRelu"): (1,),
    ("", "LSTM"): (1, 2, 3),
    ("", "GRU"): (1, 2, 3),
    ("", "RNN"): (1, 2, 3),
    ("com.microsoft", "SkipLayerNormalization"): (2, 3, 4),
}
"""Which inputs of an operator are weights, by its domain and its name."""

_INTEGERS = ("QLinear", "Quantize", "Integer", "NBits")

QUANTIZED = "it is quantized: its weights are integers, which no gradient can change"
"""Why a quantized model cannot be trained."""

Holder = TensorProto | AttributeProto
"""Where a model keeps the numbers of one tensor."""


def trainable_names(graph: onnx.GraphProto) -> set[str]:
    """Name the floating-point tensors of a graph that its operators use as weights.

    Those inside If, Loop and Scan are left out. A tensor that is used as a weight
    anywhere counts, whatever else it is used for.
    """
    constants = set(float_types(graph))
    producer = producers(graph)

    def origin(name: str) -> str:
        while (node := producer.get(name)) is not None and node.op_type in SHAPE_ONLY:
            name = node.input[0]
        return name

    names: set[str] = set()
    affine: set[str] = set()
    for node in graph.node:
        roles = _ROLES.get((node.domain, node.op_type), ())
        weights = constants & {origin(node.input[i]) for i in roles if i < len(node.input)}
        names |= weights
        if weights and node.op_type in _AFFINE:
            affine.update(node.output)
    for node in graph.node:
        if node.op_type == "Add":  # a bias, where it follows a product with weights
            sides = {origin(name) for name in node.input}
            if sides & affine:
                names |= sides & constants
    return names


def float_types(graph: onnx.GraphProto) -> dict[str, np.dtype[Any]]:
    """Give the type of each floating-point tensor that a graph keeps, by its name."""
    return {name: _type_of(holder) for name, holder in _holders(graph)}


def is_quantized(graph: onnx.GraphProto) -> bool:
    """Tell whether a graph computes with integers, or makes its weights of them."""
    return any(
        part in node.op_type.replace("Dequantize", "Quantize")
        for node in graph.node
        for part in _INTEGERS
    )


def rounds_what_comes(graph: onnx.GraphProto) -> bool:
    """Tell whether a graph rounds what flows through it, as dynamic quantisation does."""
    return any(node.op_type == "DynamicQuantizeLinear" for node in graph.node)


def with_weights(model: onnx.ModelProto, values: Mapping[str, npt.NDArray[Any]]) -> onnx.ModelProto:
    """Copy a model, with other values of some of its tensors and nothing else changed.

    ``values`` are by name, each of the shape that the tensor has.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for name, holder in _holders(copy.graph):
        if name in values:
            _fill(holder, values[name].astype(_type_of(holder)))
    return copy


def _holders(graph: onnx.GraphProto) -> Iterator[tuple[str, Holder]]:
    """Find the floating-point numbers of a graph: its initializers and Constant operators."""
    for tensor in graph.initializer:
        if tensor.data_type in _FLOATS:
            yield tensor.name, tensor
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.type == AttributeProto.FLOATS:
                    yield node.output[0], attribute
                elif attribute.type == AttributeProto.TENSOR and attribute.t.data_type in _FLOATS:
                    yield node.output[0], attribute.t


def _type_of(holder: Holder) -> np.dtype[Any]:
    if isinstance(holder, AttributeProto):
        return np.dtype(np.float32)
    return helper.tensor_dtype_to_np_dtype(holder.data_type)


def _fill(holder: Holder, values: npt.NDArray[Any]) -> None:
    """Put values of its own type where a holder keeps them: as bytes, or as numbers."""
    if isinstance(holder, AttributeProto):
        holder.floats[:] = values.ravel().tolist()
    elif holder.HasField("raw_data"):
        holder.raw_data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    elif holder.data_type == TensorProto.FLOAT:
        holder.float_data[:] = values.ravel().tolist()
    elif holder.data_type == TensorProto.DOUBLE:
        holder.double_data[:] = values.ravel().tolist()
    else:
        holder.int32_data[:] = values.view(np.uint16).ravel().tolist()
