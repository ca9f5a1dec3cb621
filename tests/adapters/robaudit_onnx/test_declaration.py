"""What ONNX files say of the pixels that they take."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit.types import Declaration
from robaudit_onnx.declaration import declaration_of
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.model_cases import load
from tests.support.onnx_networks import node
from tests.support.small_onnx import Save, affine_onnx, make_onnx


@pytest.mark.parametrize(
    ("metadata", "declared"),
    [
        (
            {"Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "NominalRange_0_255"},
            Declaration(
                "Image.BitmapPixelFormat in its metadata and Image.NominalPixelRange in its "
                "metadata",
                input_range=(0, 255),
                channels="bgr",
            ),
        ),
        (
            {"Image.BitmapPixelFormat": "Rgb8", "Image.ColorSpaceGamma": "SRGB"},
            Declaration("Image.BitmapPixelFormat in its metadata", channels="rgb"),
        ),
        (
            {"Image.BitmapPixelFormat": "Gray8", "Image.NominalPixelRange": "Normalized_1_1"},
            Declaration("Image.NominalPixelRange in its metadata", input_range=(-1, 1)),
        ),
        (
            {"Image.NominalPixelRange": "Normalized_0_1"},
            Declaration("Image.NominalPixelRange in its metadata", input_range=(0, 1)),
        ),
        (
            {"Image.NominalPixelRange": "NominalRange_16_235"},
            Declaration("Image.NominalPixelRange in its metadata", input_range=(16, 235)),
        ),
        ({"Image.BitmapPixelFormat": "Gray8", "Image.ColorSpaceGamma": "Linear"}, None),
        ({"Image.NominalPixelRange": "whatever"}, None),
        ({}, None),
    ],
)
def test_metadata_of_images_are_read(
    save: Save, metadata: dict[str, str], declared: Declaration | None
) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64])
    helper.set_model_props(model, metadata)
    assert robaudit.load(save(model)).declares == declared


def quantising(
    *before: onnx.NodeProto, scale: Any, zero: Any = None, start: str = "x"
) -> onnx.ModelProto:
    """Make a linear model of an input that is quantised behind some nodes, from "x" to start."""
    inputs = [start, "scale", *(["zero"] if zero is not None else [])]
    nodes = [
        *before,
        helper.make_node("QuantizeLinear", inputs, ["q"]),
        helper.make_node("DequantizeLinear", ["q", *inputs[1:]], ["d"]),
        helper.make_node("MatMul", ["d", "w"], ["y"]),
    ]
    weights = {
        "scale": np.asarray(scale, np.float32),
        "w": WEIGHTS.astype(np.float32),
        "half": np.array(0.5, np.float32),
        "flat": np.array([-1, 64]),
    }
    if zero is not None:
        weights["zero"] = np.asarray(zero)
    return make_onnx(nodes, weights, ["N", 64], ["N", 5])


@pytest.mark.parametrize(
    ("model", "ends"),
    [
        (quantising(scale=1 / 255, zero=np.uint8(0)), (0, 1)),
        (quantising(scale=1 / 255), (0, 1)),
        (quantising(scale=2 / 255, zero=np.int8(0)), (-256 / 255, 254 / 255)),
        (quantising(scale=0.0127, zero=np.uint8(33)), (-0.4191, 2.8194)),
        (quantising(scale=1, zero=np.int8(-128)), (0, 255)),
        (
            quantising(node("Reshape", "x flat", "r"), scale=1 / 255, zero=np.uint8(0), start="r"),
            (0, 1),
        ),
        (quantising(node("Sub", "x half", "c"), scale=0.01, zero=np.uint8(0), start="c"), None),
        (quantising(scale=np.full(64, 0.01), zero=np.zeros(64, np.uint8)), None),
    ],
)
def test_a_quantised_input_has_a_range(
    model: onnx.ModelProto, ends: tuple[float, float] | None
) -> None:
    declared = declaration_of(model, "x")
    if ends is None:
        assert declared is None
        return
    assert declared is not None
    assert "QuantizeLinear" in declared.source
    assert declared.input_range == pytest.approx(ends, rel=1e-5)


def test_an_input_that_is_read_in_two_ways_has_no_range() -> None:
    model = quantising(scale=1 / 255, zero=np.uint8(0))
    model.graph.node[-1].output[0] = "z"
    model.graph.node.append(helper.make_node("MatMul", ["x", "w"], ["beside"]))
    model.graph.node.append(helper.make_node("Add", ["z", "beside"], ["y"]))
    assert declaration_of(model, "x") is None
    metadata = {"Image.NominalPixelRange": "Normalized_0_1"}
    helper.set_model_props(model, metadata)
    assert declaration_of(model, "x") is not None


def test_how_the_input_is_quantised_tells_what_metadata_do_not() -> None:
    model = quantising(scale=1, zero=np.uint8(0))
    helper.set_model_props(model, {"Image.BitmapPixelFormat": "Bgr8"})
    source = "Image.BitmapPixelFormat in its metadata and the QuantizeLinear of its input"
    both = Declaration(source, input_range=(0, 255), channels="bgr")
    assert declaration_of(model, "x") == both
    helper.set_model_props(model, {"Image.NominalPixelRange": "Normalized_0_1"})
    declared = declaration_of(model, "x")
    assert declared is not None
    assert declared.input_range == (0, 1)


def test_a_scale_that_is_computed_says_nothing() -> None:
    model = quantising(node("ReduceMax", "x", "scale_of_it", keepdims=0), scale=1)
    for each in model.graph.node:
        each.input[:] = ["scale_of_it" if name == "scale" else name for name in each.input]
    assert declaration_of(model, "x") is None


def test_the_range_of_a_quantised_input_is_declared(shared: Path) -> None:
    declared = load(shared, "13-qdq/qdq.onnx").declares
    assert declared is not None
    assert declared.input_range == (0, 1)


def test_a_type_of_zero_that_no_number_has_says_nothing() -> None:
    model = quantising(scale=1 / 255, zero=np.uint8(0))
    zero = next(tensor for tensor in model.graph.initializer if tensor.name == "zero")
    zero.CopyFrom(helper.make_tensor("zero", TensorProto.FLOAT8E4M3FN, [], [0.0]))
    assert declaration_of(model, "x") is None
    assert numpy_helper.to_array(zero) == 0
