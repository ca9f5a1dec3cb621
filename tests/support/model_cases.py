"""Small models of the shared folder that once came out wrong, and their data."""

from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit import Classifier


def case(shared: Path, name: str) -> Path:
    """Give the path of one, or skip the test where it is not there."""
    path = shared / "cases" / name
    if not path.exists():
        pytest.skip(f"no case at {path}")
    return path


def pixels_and_labels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the pixels (n, 28, 28), in 0..1, and the labels (n,) of a case's data."""
    with np.load(path) as arrays:
        return arrays["x_test"] / np.float32(255), arrays["y_test"].astype(np.int64)


def accuracy(classifier: Classifier, data: Path) -> float:
    """Give the share of a case's data that a classifier of pixels in 0..1 is right about.

    Labels are matched with the names of classes, as far as it has any.
    """
    pixels, labels = pixels_and_labels(data)
    spec = classifier.spec
    names = spec.class_names or tuple(map(str, range(spec.classes)))
    classes = classifier.predict(pixels.reshape(-1, *spec.shape)).argmax(axis=1)
    return float(
        np.mean([names[c] == str(label) for c, label in zip(classes, labels, strict=True)])
    )


def load(shared: Path, name: str) -> Classifier:
    """Open a case's model."""
    return robaudit.load(case(shared, name))
