"""Classifiers that give labels alone, and count what they are asked; attacks run on them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robaudit import Classifier
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.chance import Chance
from robaudit.types import FloatArray, IntArray


class Labels:
    """A classifier that gives labels alone, and counts what it is asked."""

    def __init__(self, classifier: Classifier) -> None:
        self.asked = 0
        self._scores = classifier.predict
        spec = replace(classifier.spec, scores="labels")
        self.classifier = Classifier("labels", spec, self._predict)

    def _predict(self, x: FloatArray) -> FloatArray:
        self.asked += len(x)
        scores = self._scores(x)
        return np.eye(scores.shape[1], dtype=np.float32)[scores.argmax(axis=1)]


def find(
    attack: Callable[..., FloatArray],
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    norm: str,
    queries: int,
) -> tuple[FloatArray, FloatArray]:
    """Give the lengths of what was found (n,), and what was known on the way (K, n)."""
    told: list[FloatArray] = []
    found = attack(
        classifier, x, y, Chance(0, np.arange(len(x))), queries=queries, tell=told.append
    )
    assert found.shape == x.shape
    assert found.min() >= 0
    assert found.max() <= 1
    return GEOMETRIES[norm].length(found - x), told[0]
