"""Classifiers whose scores had to be made keep the contract of adapters."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import robaudit
from robaudit import Classifier, OpenOptions
from robaudit.testing import AdapterContract
from tests.support.onnx_networks import drawn, node
from tests.support.small_onnx import make_onnx


def opened(model: onnx.ModelProto, options: OpenOptions | None = None) -> Classifier:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        onnx.save(model, path)
        return robaudit.load(path, options)


def one_score(end: str, batch: int | str) -> onnx.ModelProto:
    """Make what gives one number an input, of a shape that no longer says so."""
    nodes = [
        node("Conv", "x kernel shift", "c"),
        node("Relu", "c", "r"),
        node("Flatten", "r", "f"),
        node("MatMul", "f matrix", "z"),
        node(end, "z", "p"),
        node("Squeeze", "p last", "y"),
    ]
    weights: dict[str, np.ndarray] = drawn(kernel=(3, 1, 3, 3), shift=(3,), matrix=(108, 1))
    weights["matrix"] *= 0.1
    return make_onnx(nodes, weights | {"last": np.array([1])}, [batch, 1, 8, 8], [batch])


class TestOneSigmoid(AdapterContract):
    """The sigmoid of one number, its batch fixed at one."""

    saved_as = "model.onnx"

    def make_classifier(self) -> Classifier:
        return opened(one_score("Sigmoid", 1))

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


class TestOneProbability(AdapterContract):
    """One number that is a probability by its values alone."""

    saved_as = "model.onnx"

    def make_classifier(self) -> Classifier:
        return opened(one_score("HardSigmoid", "N"))

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


class TestLabels(AdapterContract):
    """The number of a class, and no score."""

    def make_classifier(self) -> Classifier:
        nodes = [
            node("Flatten", "x", "f"),
            node("MatMul", "f matrix", "z"),
            node("ArgMax", "z", "a", axis=1, keepdims=0),
            node("Neg", "a", "n"),
            node("Neg", "n", "y"),
        ]
        model = make_onnx(nodes, dict(drawn(matrix=(16, 3))), ["N", 4, 4], ["N"])
        model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.INT64, ["N"]))
        return opened(model, OpenOptions(classes=3))
