"""The contract of adapters, on the device that ROBAUDIT_DEVICE names."""

import os
from pathlib import Path

import onnx
import pytest

import robaudit
from robaudit import Classifier, OpenOptions
from robaudit.testing import AdapterContract
from tests.support.digit_inputs import SPEC
from tests.support.networks import small
from tests.support.onnx_networks import convolutional

DEVICE = os.environ.get("ROBAUDIT_DEVICE", "cpu")


class TestTorch(AdapterContract):
    """A live module with batch normalisation and dropout, saved whole."""

    saved_as = "model.pt2"

    def make_classifier(self) -> Classifier:
        return robaudit.load(small(), OpenOptions(spec=SPEC, device=DEVICE))

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path, OpenOptions(device=DEVICE))


class TestTorchDouble(TestTorch):
    """The same in float64, whose gradients are held to a closer tolerance."""

    def make_classifier(self) -> Classifier:
        return robaudit.load(small().double(), OpenOptions(spec=SPEC, device=DEVICE))


class TestOnnx(AdapterContract):
    """A file with batch normalisation: onnxruntime's CUDA, or the copy in torch without it."""

    saved_as = "model.onnx"

    @pytest.fixture(autouse=True)
    def _file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "convolutional.onnx"
        onnx.save(convolutional(), self.path)

    def make_classifier(self) -> Classifier:
        return self.load(self.path)

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path, OpenOptions(device=DEVICE))


class TestKeras(AdapterContract):
    """A live model of Keras, on the backend that KERAS_BACKEND names."""

    saved_as = "model.keras"

    def make_classifier(self) -> Classifier:
        pytest.importorskip("keras")
        from robaudit_keras.quiet import import_keras

        import_keras()
        from tests.support.keras_networks import small as small_in_keras

        return robaudit.load(small_in_keras(), OpenOptions(device=DEVICE))

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path, OpenOptions(device=DEVICE))
