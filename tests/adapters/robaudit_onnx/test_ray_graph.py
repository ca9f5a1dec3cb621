"""Points on rays that are computed inside the graph: in all types, opsets and ways of writing."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import robaudit
from robaudit import OpenOptions
from tests.support import onnx_networks
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.onnx_probes import assert_fused
from tests.support.small_onnx import Save, affine_onnx, make_onnx

pytestmark = pytest.mark.usefixtures("without_gradients")


@pytest.mark.parametrize("opset", [7, 8, 10, 11, 12, 13, 17, 20])
@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_types_and_opsets(save: Save, proofs: list[bool], dtype: int, opset: int) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 1, 8, 8], dtype=dtype, opset=opset)
    assert_fused(robaudit.load(save(model)), proofs)


@pytest.mark.parametrize(
    "model",
    [
        onnx_networks.convolutional(),
        onnx_networks.convolutional(1, channels_last=True),
        onnx_networks.as_inputs(onnx_networks.convolutional()),
        onnx_networks.as_constants(onnx_networks.convolutional()),
        onnx_networks.recurrent(),
        onnx_networks.normalising(),
        onnx_networks.with_a_function(),
        onnx_networks.branching(),
        onnx_networks.quantized(),
    ],
    ids=[
        "convolutional",
        "batch of one, channels last",
        "weights among the inputs",
        "weights in operators",
        "recurrent",
        "operators of onnxruntime's own",
        "with a function",
        "input used inside a branch",
        "quantized",
    ],
)
def test_ways_of_writing_a_network(save: Save, proofs: list[bool], model: onnx.ModelProto) -> None:
    assert_fused(robaudit.load(save(model)), proofs)


def test_real_models(shared: Path, proofs: list[bool]) -> None:
    for path in sorted((shared / "models").glob("*.onnx")):
        size = {"mnist": (28, 28, 1), "cifar": (32, 32, 3)}.get(path.name[:5], (224, 224, 3))
        assert_fused(robaudit.load(path, OpenOptions(image_shape=size)), proofs)


def test_names_that_a_model_uses_itself(save: Save, proofs: list[bool]) -> None:
    names = ["ray_samples", "ray_", "ray__clipped", "ray_cast"]
    nodes = [
        helper.make_node("Flatten", [names[0]], [names[1]]),
        helper.make_node("MatMul", [names[1], "ray_low"], [names[2]]),
        helper.make_node("Add", [names[2], "ray___shape"], [names[3]]),
        helper.make_node("Tanh", [names[3]], ["y"]),
    ]
    weights = {"ray_low": WEIGHTS.astype(np.float32), "ray___shape": BIAS.astype(np.float32)}
    model = make_onnx(nodes, weights, ["N", 8, 8], ["N", 5])
    model.graph.input[0].name = names[0]
    assert_fused(robaudit.load(save(model)), proofs)
