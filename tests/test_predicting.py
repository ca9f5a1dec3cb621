"""Classes are decided by the input alone, whatever the batch; one pass for scores and slopes."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.errors import ClassifierError
from robaudit.losses import with_log_probabilities
from robaudit.predicting import check_scores, predict_classes, score_scale
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.types import Classifier, FloatArray, Pull, PullBack, pull_back
from tests.support.affine_models import SHAPE, affine, some_inputs
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


PIXELS = Preprocessing("", (0.3,), (0.4,), Arrangement((*SHAPE[1:], 1), "CHW", "grey"))


def in_one_pass(classifier: Classifier, passes: list[int]) -> Classifier:
    """Make the same classifier, whose ``vjp`` gives scores too; ``predict`` is not to be asked."""
    predict, vjp = classifier.predict, classifier.vjp

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        passes.append(len(x))
        assert vjp is not None
        return predict(x), lambda cotangent: vjp(x, cotangent)

    def refuse(_x: FloatArray) -> FloatArray:
        raise AssertionError("asked once more")

    return replace(classifier, predict=refuse, vjp=PullBack(forward))


def test_scores_and_gradients_come_from_one_pass_through_all_that_stands_before() -> None:
    """Preprocessing and log-probabilities ask no more often, and change nothing."""
    plain, _ = affine("probabilities")
    x, _ = some_inputs(6)
    cotangent = np.random.default_rng(0).normal(0, 1, (6, 5)).astype(np.float32)
    passes: list[int] = []
    found = []
    for classifier in (plain, in_one_pass(plain, passes)):
        seen = with_log_probabilities(normalised(classifier, PIXELS))
        scores, pull = pull_back(seen, x)
        found.append((scores, pull(cotangent), pull(-cotangent)))
    assert passes == [6]
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert np.abs(found[0][1]).max() > 0
    with pytest.raises(TypeError, match="without `vjp`"):
        pull_back(replace(plain, vjp=None), x)
