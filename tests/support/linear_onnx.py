"""Linear ONNX models of 64 pixels, and the scores that they give."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.support.small_onnx import Shape, make_onnx

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 1, (64, 5)), random.normal(0, 1, 5)


def expected_scores(x: np.ndarray) -> np.ndarray:
    """Compute the five scores of the weights."""
    return np.asarray(x.reshape(len(x), -1) @ WEIGHTS + BIAS)


def mixing_model(batch: int | str) -> onnx.ModelProto:
    """Make a model that takes any batch and mixes its inputs up: x minus the batch's mean."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("MatMul", ["mean", "v"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["y"]),
    ]
    weights = {"w": WEIGHTS.astype(np.float32), "v": WEIGHTS[::-1].astype(np.float32)}
    return make_onnx(nodes, weights, [batch, 64], [batch, 5])


def several_outputs(
    outputs: list[tuple[str, Shape]], nodes: list[onnx.NodeProto]
) -> onnx.ModelProto:
    """Make a model that gives several values of its nodes."""
    weights = {
        "w": random.normal(0, 1, (64, 32)).astype(np.float32),
        "v": random.normal(0, 1, (32, 5)).astype(np.float32),
        "u": random.normal(0, 1, (32, 3)).astype(np.float32),
    }
    model = make_onnx(nodes, weights, ["N", 64], ["N", 5])
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs
    )
    return model


HEADS = [
    helper.make_node("MatMul", ["x", "w"], ["features"]),
    helper.make_node("MatMul", ["features", "v"], ["scores"]),
    helper.make_node("MatMul", ["features", "u"], ["other"]),
]
