"""Affine classifiers of five classes, and inputs for them."""

from typing import Any

import numpy as np

from robaudit import Classifier
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, ScoreKind

KINDS: list[ScoreKind] = ["logits", "probabilities", "log-probabilities"]
SHAPE = (1, 6, 6)
PIXELS = 36


def affine(kind: ScoreKind = "logits") -> tuple[Classifier, FloatArray]:
    """Make an affine classifier of 5 classes; give its weights (36, 5) too."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((PIXELS, 5))
    return affine_classifier(weights, random.standard_normal(5), SHAPE, kind), weights


def some_inputs(count: int) -> tuple[FloatArray, Any]:
    """Draw inputs (count, *SHAPE) float32 and labels (count,)."""
    random = np.random.default_rng(1)
    return random.random((count, *SHAPE)).astype(np.float32), random.integers(5, size=count)
