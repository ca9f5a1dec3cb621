"""Gradients of ONNX models, and what is said of them."""

from typing import Any

import numpy as np
import onnx

from robaudit import Classifier
from tests.support.small_onnx import affine_onnx

random = np.random.default_rng(0)
WEIGHTS, BIAS = random.normal(0, 0.2, (64, 5)), random.normal(0, 1, 5)


def gradients(classifier: Classifier) -> Any:
    """Give what the record says of a classifier's gradients."""
    return classifier.details["gradients"]


def vjp_of(classifier: Classifier, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """Multiply with the Jacobian of a classifier that must have one."""
    assert classifier.vjp is not None, gradients(classifier)
    return classifier.vjp(x, cotangent)


def twin_of(classifier: Classifier, x: np.ndarray) -> np.ndarray:
    """Compute scores by the twin of a classifier, which must have one."""
    assert classifier.twin is not None, gradients(classifier)
    return classifier.twin(x)


def cut(tail: tuple[str, ...]) -> onnx.ModelProto:
    """Make a linear model with operators behind it, which may have no gradients."""
    return affine_onnx(WEIGHTS, BIAS, ["N", 64], tail=tail)
