"""The networks that are attacked: as classifiers, and as modules of PyTorch for the libraries."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import robaudit
from robaudit import Classifier, InputSpec
from robaudit.preprocessing.arrangement import arrangements
from robaudit.preprocessing.candidates import given_preprocessing
from robaudit.preprocessing.normalisation import normalised
from robaudit.types import FloatArray, IntArray

SHARED = Path(os.environ.get("ROBAUDIT_SHARED", Path(__file__).parents[2].parent / "shared"))


@dataclass(frozen=True)
class Subject:
    """A network over pixels of 0..1, and images x (n, *shape) that it gets right, of classes y.

    ``module`` is for the libraries; it computes in PyTorch, with no bridge in between.
    """

    name: str
    classifier: Classifier
    module: torch.nn.Module
    x: FloatArray
    y: IntArray


def mnist_subject(images: int) -> Subject:
    """Open a network trained to be certified, by others (ETH-SRI, colt)."""
    return _of_file("mnist-colt-0.1.onnx", "mnist", (28, 28, 1), 0.1307, 0.3081, images)


def cifar_subject(images: int) -> Subject:
    """Open a network of CIFAR-10 by others (Windows Machine Learning)."""
    return _of_file("cifar10-winml-opset10.onnx", "cifar10", (32, 32, 3), 0.5, 0.5, images)


def resnet_subject(images: int, seconds: float) -> Subject:
    """Train a small ResNet on CIFAR-10, for so many seconds."""
    with np.load(SHARED / "data" / "cifar10.npz") as data:
        x, y = _planes(data["x_train"][:20_000]), data["y_train"][:20_000].astype(np.int64)
    network = trained(torch.from_numpy(x), torch.from_numpy(y), seconds)
    classifier = robaudit.load(network, spec=InputSpec((3, 32, 32), 10))
    return _chosen("resnet", classifier, network, *_test_images("cifar10"), images)


def trained(x: torch.Tensor, y: torch.Tensor, seconds: float) -> torch.nn.Module:
    """Train a ResNet of three blocks."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, padding=1, bias=False),
        *(Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)),
        *(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 10)),
    )
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        rows = torch.randint(len(x), (64,))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
        optimizer.step()
    return network.eval()


class Block(torch.nn.Module):  # type: ignore[misc]
    """Two convolutions with batch normalisation, and a way around them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.through = torch.nn.Sequential(
            torch.nn.BatchNorm2d(before),
            torch.nn.ReLU(),
            torch.nn.Conv2d(before, after, 3, stride, 1, bias=False),
            torch.nn.BatchNorm2d(after),
            torch.nn.ReLU(),
            torch.nn.Conv2d(after, after, 3, 1, 1, bias=False),
        )
        self.around = torch.nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add both ways: (n, before, h, w) -> (n, after, h, w) over the stride."""
        return self.through(x) + self.around(x)


class _Copy(torch.nn.Module):  # type: ignore[misc]
    """The copy in PyTorch that the gradients of an ONNX model come from, over pixels."""

    def __init__(self, classifier: Classifier, mean: float, std: float) -> None:
        super().__init__()
        copy: Any = classifier.twin.__self__  # type: ignore[union-attr]
        self.copy, self.mean, self.std = copy.module, mean, std
        self.marker = torch.nn.Parameter(torch.zeros(0), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute scores of pixels: (n, *shape) -> (n, classes)."""
        scores: torch.Tensor = self.copy.forward((x - self.mean) / self.std)
        return scores.reshape(len(x), -1)


def _of_file(
    file: str, data: str, image_shape: tuple[int, int, int], mean: float, std: float, images: int
) -> Subject:
    model = robaudit.load(SHARED / "models" / file)
    arrangement = next(iter(arrangements(image_shape, model.spec.shape)))
    classifier = normalised(model, given_preprocessing((mean,), (std,), arrangement))
    module = _Copy(model, mean, std).eval()
    return _chosen(Path(file).stem, classifier, module, *_test_images(data), images)


def _test_images(data: str) -> tuple[FloatArray, IntArray]:
    with np.load(SHARED / "data" / f"{data}.npz") as arrays:
        return _planes(arrays["x_test"][:1000]), arrays["y_test"][:1000].astype(np.int64)


def _planes(images: Any) -> FloatArray:
    """Bring bytes (n, h, w) or (n, h, w, 3) to pixels (n, channels, h, w) of 0..1."""
    pictures = images.reshape(len(images), *images.shape[1:3], -1)
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), dtype=np.float32) / 255


def _chosen(
    name: str,
    classifier: Classifier,
    module: torch.nn.Module,
    x: FloatArray,
    y: IntArray,
    images: int,
) -> Subject:
    """Choose the first images that both forms of a network get right."""
    x, y = x[: 4 * images], y[: 4 * images]
    with torch.no_grad():
        other = module(torch.from_numpy(x)).argmax(dim=1).numpy()
    right = np.flatnonzero((classifier.predict(x).argmax(axis=1) == y) & (other == y))[:images]
    return Subject(name, classifier, module, x[right], y[right])
