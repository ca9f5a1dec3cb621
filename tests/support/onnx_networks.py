"""Small ONNX networks whose weights are known by name, stored in all the ways there are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.support.small_onnx import FLOAT, make_onnx

TRAINED = ("kernel", "shift", "scale", "offset", "slope", "matrix", "bias")
"""What is to be trained of `convolutional`."""


def node(operator: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    """Make an operator; inputs are separated by blanks."""
    return helper.make_node(operator, inputs.split(), [output], **attributes)


def drawn(**shapes: Sequence[int]) -> dict[str, np.ndarray]:
    """Draw float32 arrays of these shapes, the same each time."""
    random = np.random.default_rng(1)
    return {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def convolutional(
    batch: int | str = "N",
    *,
    channels_last: bool = False,
    dtype: int = FLOAT,
    ends: str = "Softmax",
) -> onnx.ModelProto:
    """Make what normalises, convolves, normalises batches, and gives scores of five classes."""
    nodes = [
        node("Sub", "x mean", "centred"),
        node("Div", "centred std", "image"),
        node("Conv", "image kernel shift", "c"),
        node("BatchNormalization", "c scale offset running_mean running_var", "n"),
        node("PRelu", "n slope", "r"),
        node("Flatten", "r", "f"),
        node("MatMul", "f matrix", "m"),
        node("Add", "m bias", "a"),
        node(ends, "a", "y"),
    ]
    if channels_last:
        nodes.insert(2, node("Transpose", "image", "moved", perm=[0, 3, 1, 2]))
        nodes[3].input[0] = "moved"
    shapes = {"kernel": (3, 1, 3, 3), "shift": (3,), "scale": (3,), "offset": (3,)}
    shapes |= {"slope": (3, 1, 1), "matrix": (108, 5), "bias": (5,)}
    weights = drawn(**shapes) | {
        "mean": np.full(1, 0.4, np.float32),
        "std": np.full(1, 0.3, np.float32),
        "running_mean": np.array([0.1, 0, -0.1], np.float32),
        "running_var": np.array([1, 2, 0.5], np.float32),
    }
    weights["matrix"] *= 0.2  # or half precision has probabilities of 0
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    image: list[int | str | None] = [batch, 8, 8, 1] if channels_last else [batch, 1, 8, 8]
    model = make_onnx(
        nodes,
        {name: array.astype(kind) for name, array in weights.items()},
        image,
        [batch, 5],
        dtype=dtype,
    )
    model.producer_name, model.doc_string = "a test", "kept"
    model.metadata_props.add(key="licence", value="kept too")
    return model


def as_numbers(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store weights as numbers rather than as bytes."""
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        name, kind, shape = tensor.name, tensor.data_type, tensor.dims
        tensor.CopyFrom(helper.make_tensor(name, kind, shape, values.ravel()))
    return model


def as_inputs(model: onnx.ModelProto) -> onnx.ModelProto:
    """List weights as inputs too, as files up to IR version 3 must."""
    for tensor in model.graph.initializer:
        model.graph.input.append(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        )
    model.ir_version = 3
    return model


def as_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Move weights into Constant operators: a list of numbers where that is enough."""
    for tensor in reversed(list(model.graph.initializer)):
        values = numpy_helper.to_array(tensor)
        kind: dict[str, Any] = {"value": tensor}
        if tensor.name == "bias" and values.ndim == 1:
            kind = {"value_floats": values.tolist()}
        model.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], **kind))
    del model.graph.initializer[:]
    return model


def dense(
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, np.ndarray],
    *,
    batch: int | str = "N",
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """Make a model of 64 pixels and five scores."""
    model = make_onnx(list(nodes), dict(weights), [batch, 64], [batch, 5])
    model.opset_import.extend(helper.make_opsetid(domain, 1) for domain in domains)
    return model


def mixing() -> onnx.ModelProto:
    """Take three inputs at a time, no other number: their mean counts too."""
    nodes = [
        node("ReduceMean", "x", "mean", axes=[0], keepdims=1),
        node("MatMul", "x w", "a"),
        node("MatMul", "mean v", "b"),
        node("Add", "a b", "y"),
    ]
    return dense(nodes, drawn(w=(64, 5), v=(64, 5)), batch=3)


def tied() -> onnx.ModelProto:
    """Use one tensor as a weight, and once more as a constant that scales."""
    nodes = [
        node("Mul", "x row", "scaled"),
        node("Reshape", "row shape", "column"),
        node("MatMul", "scaled column", "a"),
        node("MatMul", "x w", "b"),
        node("Add", "a b", "y"),
    ]
    weights: dict[str, np.ndarray] = drawn(row=(64,), w=(64, 5))
    return dense(nodes, weights | {"shape": np.array([64, 1])})


def by_detours() -> onnx.ModelProto:
    """Bring weights to their operators turned, in half precision and in other shapes."""
    nodes = [
        node("Cast", "half", "single", to=FLOAT),
        node("Transpose", "single", "w"),
        node("MatMul", "x w", "m"),
        node("Reshape", "m shape", "h"),
        node("Unsqueeze", "bias first", "b"),
        node("Add", "b h", "a"),
        node("Flatten", "a", "f"),
        node("Add", "f untrained", "s"),
        node("Mul", "s gain", "t"),
        node("Add", "t late", "y"),
    ]
    weights: dict[str, Any] = drawn(half=(5, 64), bias=(5, 1), untrained=(5,), gain=(5,), late=(5,))
    weights["half"] = weights["half"].astype(np.float16)
    shapes = {"shape": np.array([-1, 5, 1]), "first": np.array([0])}
    return dense(nodes, weights | shapes)


def recurrent() -> onnx.ModelProto:
    """Read rows of pixels one after the other."""
    nodes = [
        node("Reshape", "x shape", "rows"),
        node("Transpose", "rows", "steps", perm=[1, 0, 2]),
        helper.make_node("GRU", ["steps", "w", "r", "b"], ["", "last"], hidden_size=4),
        node("Squeeze", "last first", "h"),
        node("Gemm", "h matrix bias", "y", transB=1),
    ]
    shapes = {"shape": np.array([-1, 8, 8]), "first": np.array([0])}
    weights: dict[str, np.ndarray] = drawn(
        w=(1, 12, 8), r=(1, 12, 4), b=(1, 24), matrix=(5, 4), bias=(5,)
    )
    return dense(nodes, weights | shapes)


def normalising() -> onnx.ModelProto:
    """Normalise rows of pixels, and add them up, with an operator that onnxruntime fuses."""
    nodes = [
        node("Reshape", "x shape", "rows"),
        node("LayerNormalization", "rows gain", "g", axis=-1),
        node("InstanceNormalization", "rows scale bias", "i"),
        node("SkipLayerNormalization", "g i gamma beta", "s", domain="com.microsoft"),
        node("Flatten", "s", "h"),
        node("Gemm", "h matrix", "y"),
    ]
    weights: dict[str, np.ndarray] = drawn(
        gain=(8,), scale=(8,), bias=(8,), gamma=(8,), beta=(8,), matrix=(64, 5)
    )
    return dense(nodes, weights | {"shape": np.array([-1, 8, 8])}, domains=["com.microsoft"])


def with_a_function() -> onnx.ModelProto:
    """Hand a weight to a function of the model's own, which has another of its own."""
    nodes = [node("Own", "x w", "y", domain="own")]
    model = dense(nodes, drawn(w=(64, 5)), domains=["own"])
    inner = numpy_helper.from_array(drawn(inner=(5, 5))["inner"])
    body = [
        node("MatMul", "a b", "c"),
        helper.make_node("Constant", [], ["inner"], value=inner),
        node("MatMul", "c inner", "d"),
    ]
    standard = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "Own", ["a", "b"], ["d"], body, standard))
    return model


def branching() -> onnx.ModelProto:
    """Use weights in branches only."""
    value = helper.make_tensor_value_info("z", FLOAT, ["N", 5])
    body = helper.make_graph([node("MatMul", "x w", "z")], "body", [], [value])
    choice = helper.make_node("If", ["yes"], ["y"], then_branch=body, else_branch=body)
    return dense([choice], drawn(w=(64, 5)) | {"yes": np.array(True)})


def quantized() -> onnx.ModelProto:
    """Keep weights as integers, which are made numbers before the product."""
    nodes = [
        node("DequantizeLinear", "integers unit", "w"),
        node("Tanh", "w", "t"),  # else onnxruntime computes the product with integers
        node("Gemm", "x t bias", "y"),
    ]
    integers = np.random.default_rng(0).integers(-99, 99, (64, 5)).astype(np.int8)
    unit = np.array(0.01, np.float32)
    return dense(nodes, drawn(bias=(5,)) | {"integers": integers, "unit": unit})


def quantized_throughout() -> onnx.ModelProto:
    """Compute with integers, through which no gradient comes."""
    nodes = [
        node("QuantizeLinear", "x unit zero", "q"),
        node("MatMulInteger", "q integers", "i"),
        node("Cast", "i", "y", to=TensorProto.FLOAT),
    ]
    integers = np.random.default_rng(0).integers(-99, 99, (64, 5)).astype(np.int8)
    small: dict[str, np.ndarray] = {
        "unit": np.array(0.01, np.float32),
        "zero": np.array(0, np.uint8),
    }
    return dense(nodes, small | {"integers": integers})
