"""ONNX models: with branches, loops and functions, with weights elsewhere, of scikit-learn."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.fuzz.seeds.seed import Seed, scanned, weights
from tests.support.small_onnx import make_onnx

MATRIX, BIAS = weights()
WEIGHTS = {"w": MATRIX, "b": BIAS}
FLATTEN = helper.make_node("Flatten", ["x"], ["f"], axis=1)
SHAPES: Any = (["N", 1, 8, 8], ["N", 3])


def onnx_seeds() -> list[Seed]:
    """Make models of every kind of graph."""
    models = (linear(), convolution(), branch(), loop(), with_function(), quantised(), probable())
    plain = [
        scanned({"model.onnx": model.SerializeToString()}, "model.onnx", hardened=number < 2)
        for number, model in enumerate(models)
    ]
    tree = scanned({"model.onnx": of_estimator().SerializeToString()}, "model.onnx")
    return [*plain, tree, elsewhere()]


def linear() -> onnx.ModelProto:
    nodes = [FLATTEN, helper.make_node("Gemm", ["f", "w", "b"], ["y"])]
    model = make_onnx(nodes, WEIGHTS, *SHAPES)
    for key, value in (("class_names", "low,middle,high"), ("note", "made by a test")):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return model


def convolution() -> onnx.ModelProto:
    kernel = np.zeros((2, 1, 3, 3), dtype=np.float32)
    kernel[:, :, 1, 1] = 1
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node(
            "BatchNormalization", ["c", "one", "zero", "mean", "variance"], ["n"], epsilon=1e-5
        ),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[1, 1]),
        helper.make_node("Flatten", ["p"], ["f"], axis=1),
        helper.make_node("Gemm", ["f", "w", "b"], ["y"]),
    ]
    doubled = np.concatenate([MATRIX, MATRIX]) / 2
    ones, zeros = np.ones(2, dtype=np.float32), np.zeros(2, dtype=np.float32)
    normal = {"one": ones, "zero": zeros, "mean": zeros, "variance": ones}
    return make_onnx(nodes, {"k": kernel, **normal, "w": doubled, "b": BIAS}, *SHAPES)


def branch() -> onnx.ModelProto:
    def side(name: str) -> onnx.GraphProto:
        node = helper.make_node("Gemm", ["f", "w", "b"], [name])
        made = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3])
        return helper.make_graph([node], name, [], [made])

    nodes = [
        FLATTEN,
        helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Greater", ["s", "nought"], ["c"]),
        helper.make_node("If", ["c"], ["y"], then_branch=side("t"), else_branch=side("e")),
    ]
    return make_onnx(nodes, {**WEIGHTS, "nought": np.float32(0)}, *SHAPES)


def loop() -> onnx.ModelProto:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["goes"]),
            helper.make_node("Add", ["sum", "part"], ["more"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["N", 3]),
        ],
        [
            helper.make_tensor_value_info("goes", TensorProto.BOOL, []),
            helper.make_tensor_value_info("more", TensorProto.FLOAT, ["N", 3]),
        ],
    )
    nodes = [
        FLATTEN,
        helper.make_node("Gemm", ["f", "w", "b"], ["part"]),
        helper.make_node("Loop", ["times", "", "part"], ["y"], body=body),
    ]
    return make_onnx(nodes, {**WEIGHTS, "times": np.int64(3)}, *SHAPES)


def with_function() -> onnx.ModelProto:
    model = make_onnx(
        [FLATTEN, helper.make_node("Classify", ["f", "w", "b"], ["y"], domain="local")],
        WEIGHTS,
        *SHAPES,
    )
    inner = helper.make_function(
        "local",
        "Classify",
        ["a", "v", "c"],
        ["z"],
        [helper.make_node("Gemm", ["a", "v", "c"], ["z"])],
        [helper.make_opsetid("", 17)],
    )
    model.functions.append(inner)
    model.opset_import.append(helper.make_opsetid("local", 1))
    return model


def quantised() -> onnx.ModelProto:
    nodes = [
        FLATTEN,
        helper.make_node("QuantizeLinear", ["f", "scale", "middle"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "middle"], ["d"]),
        helper.make_node("Gemm", ["d", "w", "b"], ["y"]),
    ]
    steps = {"scale": np.float32(0.01), "middle": np.uint8(0)}
    return make_onnx(nodes, {**WEIGHTS, **steps}, *SHAPES)


def probable() -> onnx.ModelProto:
    shape = np.array([0, -1], dtype=np.int64)
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["m"]),
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(BIAS)),
        helper.make_node("Add", ["m", "c"], ["a"]),
        helper.make_node("Softmax", ["a"], ["y"], axis=1),
    ]
    return make_onnx(nodes, {"w": MATRIX, "shape": shape}, *SHAPES)


def of_estimator() -> onnx.ModelProto:
    """Make what skl2onnx makes of a linear classifier: labels, and a map of probabilities."""
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["x"],
            ["label", "raw"],
            domain="ai.onnx.ml",
            coefficients=MATRIX.T.ravel().tolist(),
            intercepts=BIAS.tolist(),
            classlabels_strings=["low", "middle", "high"],
            multi_class=0,
            post_transform="SOFTMAX",
        ),
        helper.make_node("ZipMap", ["raw"], ["y"], domain="ai.onnx.ml",
                         classlabels_strings=["low", "middle", "high"]),
    ]  # fmt: skip
    model = make_onnx(nodes, {}, ["N", 64], ["N", 3])
    del model.graph.output[:]
    inner = helper.make_map_type_proto(
        TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
    )
    kind = helper.make_sequence_type_proto(inner)
    model.graph.output.extend(
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, ["N"]),
            helper.make_value_info("y", kind),
        ]
    )
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return model


def elsewhere() -> Seed:
    """Make a model with its weights in a file beside it."""
    model = linear()
    tensor = model.graph.initializer[0]
    content = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "model.data"), ("offset", "0"), ("length", str(len(content)))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    files = {"model.onnx": model.SerializeToString(), "model.data": content}
    return scanned(files, "model.onnx", targets=("model.onnx", "model.onnx", "model.data"))
