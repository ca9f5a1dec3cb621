"""The copy of an ONNX model in torch: its scores, and gradients that are right."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

import robaudit
from robaudit import Classifier, OpenOptions
from tests.support.linear_onnx import HEADS, mixing_model, several_outputs
from tests.support.onnx_gradients import BIAS, WEIGHTS, twin_of, vjp_of
from tests.support.small_onnx import Save, affine_onnx, make_onnx

random = np.random.default_rng(0)
DOUBLE = TensorProto.DOUBLE


def central_differences(
    classifier: Classifier, x: np.ndarray, cotangent: np.ndarray, step: float = 1e-4
) -> np.ndarray:
    """Differentiate ``predict`` itself, one number of the input at a time."""
    found = np.zeros_like(x)
    for index in np.ndindex(x.shape[1:]):
        moved = np.zeros_like(x)
        moved[(slice(None), *index)] = step
        change = classifier.predict(x + moved) - classifier.predict(x - moved)
        found[(slice(None), *index)] = (change * cotangent).sum(axis=1) / (2 * step)
    return found


def small_network() -> Any:
    """Make a network whose BatchNorm has seen data, and whose Dropout would be noticed."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Dropout(0.5),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 5),
        torch.nn.LogSoftmax(dim=1),
    )
    for _ in range(5):
        network(torch.randn(16, 1, 8, 8) * 2 + 1)
    return network.eval()


@pytest.mark.parametrize("optimize", [True, False])
def test_an_exported_network_has_the_gradients_of_the_original(
    tmp_path: Path, optimize: bool
) -> None:
    network, path = small_network(), tmp_path / "network.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter
        torch.onnx.export(
            network,
            (torch.zeros(2, 1, 8, 8),),
            path,
            dynamo=True,
            optimize=optimize,
            verbose=False,
            dynamic_shapes=({0: "n"},),
        )
    classifier = robaudit.load(path)
    x = random.random((7, 1, 8, 8)).astype(np.float32)
    cotangent = random.normal(size=(7, 5)).astype(np.float32)
    inputs = torch.tensor(x, requires_grad=True)
    (network(inputs) * torch.tensor(cotangent)).sum().backward()
    with torch.no_grad():  # whatever the caller is in the middle of
        found = vjp_of(classifier, x, cotangent)
    np.testing.assert_allclose(found, inputs.grad.numpy(), rtol=1e-4, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("batch", ["N", 1, 3])
def test_gradients_are_those_of_central_differences(save: Save, batch: int | str) -> None:
    model = affine_onnx(WEIGHTS, BIAS, [batch, 4, 16], tail=("Tanh",), dtype=DOUBLE)
    classifier = robaudit.load(save(model))
    x, cotangent = random.random((4, 4, 16)), random.normal(size=(4, 5))
    found = vjp_of(classifier, x, cotangent)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, central_differences(classifier, x, cotangent), atol=1e-8)


def in_double(model: onnx.ModelProto) -> onnx.ModelProto:
    for tensor in model.graph.initializer:
        wide = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(wide, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = DOUBLE
    return model


def test_the_twin_fills_up_batches_as_the_model_does(save: Save) -> None:
    """The last of four inputs makes a batch of three of its own, and is in it three times."""
    classifier = robaudit.load(save(in_double(mixing_model(3))))
    assert classifier.details["batch"] == "3 at a time"
    x, cotangent = random.random((4, 64)), random.normal(size=(4, 5))
    np.testing.assert_allclose(twin_of(classifier, x), classifier.predict(x), rtol=1e-12)
    alone = vjp_of(classifier, x, cotangent)[3:]
    np.testing.assert_allclose(
        alone, central_differences(classifier, x[3:], cotangent[3:]), rtol=1e-6
    )


def test_half_precision_is_differentiated_in_single(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=("Tanh",), dtype=TensorProto.FLOAT16)
    classifier = robaudit.load(save(model))
    x = random.random((6, 64)).astype(np.float32)
    cotangent = random.normal(size=(6, 5)).astype(np.float32)
    scores = np.tanh(x @ WEIGHTS + BIAS)
    found = vjp_of(classifier, x, cotangent)
    assert found.dtype == np.float32
    assert twin_of(classifier, x).dtype == classifier.predict(x).dtype == np.float16
    np.testing.assert_allclose(found, (cotangent * (1 - scores**2)) @ WEIGHTS.T, atol=5e-3)


def test_weights_and_casts_in_half_precision_inside_a_single_model(save: Save) -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("MatMul", ["half", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["y"], to=TensorProto.FLOAT),
    ]
    classifier = robaudit.load(
        save(make_onnx(nodes, {"w": WEIGHTS.astype(np.float16)}, ["N", 64], ["N", 5]))
    )
    x = random.random((3, 64)).astype(np.float32)
    found = vjp_of(classifier, x, np.eye(5, dtype=np.float32)[:3])
    np.testing.assert_allclose(found, WEIGHTS.T[:3], atol=1e-3)


def test_the_twin_gives_the_output_that_was_chosen(save: Save) -> None:
    path = save(several_outputs([("scores", ["N", 5]), ("other", ["N", 3])], HEADS))
    classifier = robaudit.load(path, OpenOptions(output="other"))
    x = random.random((4, 64)).astype(np.float32)
    assert twin_of(classifier, x).shape == (4, 3)
    np.testing.assert_allclose(twin_of(classifier, x), classifier.predict(x), rtol=1e-4, atol=1e-4)


def test_what_comes_after_the_scores_is_no_hindrance(save: Save) -> None:
    model = affine_onnx(WEIGHTS, BIAS, [1, 64])
    model.graph.node.append(helper.make_node("ArgMax", ["y"], ["label"], axis=1, keepdims=0))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, [1]))
    classifier = robaudit.load(save(model))
    found = vjp_of(classifier, random.random((3, 64)), np.eye(5)[:3])
    np.testing.assert_allclose(found, WEIGHTS.T[:3], rtol=1e-5)


def test_nothing_is_kept_between_calls(digits_model: Classifier) -> None:
    x = random.random((5, *digits_model.spec.shape)).astype(np.float32)
    x.setflags(write=False)
    cotangent = np.eye(10, dtype=np.float32)[:5]
    scores, gradient = twin_of(digits_model, x), vjp_of(digits_model, x, cotangent)
    vjp_of(digits_model, -x, cotangent * 3)
    np.testing.assert_array_equal(vjp_of(digits_model, x, cotangent), gradient)
    np.testing.assert_array_equal(twin_of(digits_model, x), scores)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("index", [-1, 2, [0, -1], [[3, 1], [-2, 0]]], ids=str)
def test_the_last_of_a_row_can_be_gathered(save: Save, index: Any) -> None:
    """As recurrent networks and image transformers do, which take one of their positions."""
    nodes = [
        helper.make_node("Gather", ["x", "index"], ["some"], axis=-2),
        helper.make_node("Flatten", ["some"], ["f"], axis=1),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    taken = np.take(np.arange(4), index).ravel()
    weights = {"index": np.array(index), "w": WEIGHTS[: 16 * len(taken)].astype(np.float32)}
    classifier = robaudit.load(save(make_onnx(nodes, weights, ["N", 4, 16], ["N", 5])))
    found = vjp_of(classifier, random.random((3, 4, 16)), np.eye(5)[:3])
    expected = np.zeros((3, 4, 16))
    expected[:, taken] = WEIGHTS[: 16 * len(taken)].T[:3].reshape(3, len(taken), 16)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
