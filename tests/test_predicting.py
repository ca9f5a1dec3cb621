"""Classes are decided by the input alone, whatever the batch."""

import numpy as np
import pytest

from robaudit.errors import ClassifierError
from robaudit.predicting import check_scores, predict_classes, score_scale
from tests.support.searches import DIMENSION


def test_near_ties_are_decided_by_the_input_alone() -> None:
    """A model whose last digits depend on the batch gives one answer all the same.

    Its two scores are opposite numbers, so that near the boundary both are small:
    rounding is not small with them.
    """
    random = np.random.default_rng(0)
    weights = random.standard_normal(DIMENSION).astype(np.float32)

    def predict(x: np.ndarray) -> np.ndarray:
        flat = x.reshape(len(x), -1)
        order = np.arange(DIMENSION) if len(x) > 1 else np.arange(DIMENSION)[::-1]
        score = np.zeros(len(x), dtype=np.float32)
        for place in order:
            score += flat[:, place] * weights[place]
        return np.stack([score, -score], axis=1)

    x = random.random((2000, DIMENSION), dtype=np.float32) + 1
    x -= ((x @ weights) / (weights @ weights))[:, None] * weights  # onto the boundary
    together, alone = predict(x), np.concatenate([predict(x[i : i + 1]) for i in range(2000)])
    assert (together.argmax(axis=1) != alone.argmax(axis=1)).any()
    scale = score_scale(predict, random.random((64, DIMENSION), dtype=np.float32), 64)
    decided = predict_classes(predict, x, scale)
    np.testing.assert_array_equal(decided, alone.argmax(axis=1))


def test_complex_scores_are_not_taken_for_their_real_part() -> None:
    with pytest.raises(ClassifierError, match=r"complex numbers \(complex64\); expected real"):
        check_scores(np.ones((2, 3), dtype=np.complex64), 2, 3)
