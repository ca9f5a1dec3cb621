"""The adapters that ship with robaudit keep the contract."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import robaudit
from robaudit import Classifier, InputSpec, OpenOptions
from robaudit.testing import AdapterContract
from robaudit_keras.quiet import import_keras
from tests.support.digit_inputs import SPEC
from tests.support.networks import small
from tests.support.onnx_networks import convolutional
from tests.support.paths import EXAMPLES


class TestTorch(AdapterContract):
    """A live module with batch normalisation and dropout, saved whole."""

    saved_as = "model.pt2"

    def make_classifier(self) -> Classifier:
        return robaudit.load(small(), spec=SPEC)

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


class TestTorchWeights(TestTorch):
    """The same, its weights saved and put into what a factory makes."""

    saved_as = "model.safetensors"

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path, OpenOptions(spec=SPEC, factory="tests.support.networks:small"))


class TestTorchDouble(AdapterContract):
    """Weights of float64, whose gradients are held to a closer tolerance."""

    saved_as = "model.pt2"

    def make_classifier(self) -> Classifier:
        return robaudit.load(small().double(), spec=SPEC)

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
class TestTorchOnAGpu(TestTorch):
    """The same module on a GPU."""

    def make_classifier(self) -> Classifier:
        return robaudit.load(small(), OpenOptions(spec=SPEC, device="cuda"))


class TestOnnx(AdapterContract):
    """A file with batch normalisation, channels last and a batch fixed at one."""

    saved_as = "model.onnx"

    def make_classifier(self) -> Classifier:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(convolutional(1, channels_last=True), path)
            return robaudit.load(path)

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


class TestOnnxDemo(AdapterContract):
    """The embedded demo."""

    saved_as = "model.onnx"

    def make_classifier(self) -> Classifier:
        return robaudit.load(EXAMPLES / "digits.onnx")

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


class TestKeras(AdapterContract):
    """A live model with batch normalisation and dropout."""

    saved_as = "model.keras"

    def make_classifier(self) -> Classifier:
        import_keras()  # before anything else does, and quietly
        from tests.support.keras_networks import small as small_in_keras

        return robaudit.load(small_in_keras())

    def load(self, path: Path) -> Classifier:
        return robaudit.load(path)


class TestFunction(AdapterContract):
    """A plain function."""

    def make_classifier(self) -> Classifier:
        weights = np.random.default_rng(0).normal(0, 1, (64, 10))

        def scores(x: np.ndarray) -> np.ndarray:
            return x.reshape(len(x), 64) @ weights

        return robaudit.load(scores, spec=InputSpec((8, 8), 10))


class TestEstimator(AdapterContract):
    """An estimator of scikit-learn's."""

    def make_classifier(self) -> Classifier:
        random = np.random.default_rng(0)
        x = random.random((60, 16))
        return robaudit.load(LogisticRegression().fit(x, x[:, :3].argmax(axis=1)))
