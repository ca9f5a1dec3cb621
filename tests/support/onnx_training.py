"""Training ONNX models a little, and running what comes of it."""

from pathlib import Path

import numpy as np
import onnxruntime

from robaudit import Classifier, TrainPlan
from robaudit.losses import cross_entropy, one_hot
from robaudit.types import FloatArray, IntArray

PLAN = TrainPlan(epochs=4, batch_size=8, learning_rate=0.01)


def samples(classifier: Classifier, count: int = 20) -> tuple[FloatArray, IntArray]:
    """Draw inputs and labels, the same each time."""
    random = np.random.default_rng(3)
    x = random.random((count, *classifier.spec.shape)).astype(np.float32)
    return x, random.integers(0, classifier.spec.classes, count)


def trained_on_samples(classifier: Classifier, plan: TrainPlan = PLAN) -> Classifier:
    """Train a classifier on samples."""
    assert classifier.train is not None, classifier.details
    return classifier.train(*samples(classifier), plan)


def loss_of(classifier: Classifier, x: FloatArray, y: IntArray) -> float:
    """Compute the mean cross-entropy."""
    targets = one_hot(y, classifier.spec.classes)
    return float(cross_entropy(classifier.predict(x), targets, classifier.spec.scores).mean())


def saved(classifier: Classifier, path: Path) -> Path:
    """Save a classifier, which must be able to be saved."""
    assert classifier.save is not None
    classifier.save(path)
    return path


def run(path: Path, x: FloatArray, batch: int | None = None) -> np.ndarray:
    """Run a file in onnxruntime, without robaudit."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float16)": np.float16, "tensor(double)": np.float64}
    (image,) = (one for one in session.get_inputs())
    x = x.astype(kinds.get(image.type, np.float32))
    size = batch or len(x)
    parts = [session.run(None, {image.name: x[i : i + size]})[0] for i in range(0, len(x), size)]
    return np.concatenate(parts).reshape(len(x), -1)
