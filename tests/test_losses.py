"""The cross-entropy of scores of every kind, and its gradient."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.errors import UsageError
from robaudit.losses import (
    at_logits,
    cross_entropy,
    cross_entropy_cotangent,
    one_hot,
    tempered,
)
from robaudit.types import Logits, ScoreKind
from tests.support.affine_models import KINDS, affine, some_inputs


@pytest.mark.parametrize("kind", KINDS)
def test_cotangents_are_differences_of_the_loss(kind: ScoreKind) -> None:
    x, y = some_inputs(6)
    scores = affine(kind)[0].predict(x / 10)
    soft = np.random.default_rng(2).dirichlet(np.ones(5), size=6)
    for targets in (one_hot(y, 5), soft):
        cotangent = cross_entropy_cotangent(scores, targets, kind)
        for column in range(5):
            offset = 1e-6 * np.eye(5)[column]
            higher, lower = (cross_entropy(scores + s * offset, targets, kind) for s in (1, -1))
            np.testing.assert_allclose(
                cotangent[:, column], (higher - lower) / 2e-6, rtol=1e-5, atol=1e-6
            )


def test_probabilities_of_zero_have_a_finite_loss() -> None:
    scores = np.array([[1, 0]], dtype=np.float32)
    targets = one_hot(np.array([1]), 2)
    assert np.isfinite(cross_entropy(scores, targets, "probabilities")).all()
    assert np.isfinite(cross_entropy_cotangent(scores, targets, "probabilities")).all()


def test_probabilities_in_half_precision_have_a_slope() -> None:
    scores = np.array([[1, 0]], dtype=np.float16)
    targets = one_hot(np.array([0]), 2)
    np.testing.assert_array_equal(
        cross_entropy_cotangent(scores, targets, "probabilities"), [[-1, 0]]
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("logits", "slope"),
    [
        ([np.inf, 1, -3e38], [0, 0, 0]),
        ([3e38, 0, -3e38], [0, 0, 0]),
        ([np.inf, np.inf, -np.inf], [-0.5, 0.5, 0]),
    ],
)
def test_logits_that_overflow_are_the_largest(logits: list[float], slope: list[float]) -> None:
    targets = one_hot(np.array([0]), 3)
    scores = np.array([logits], dtype=np.float32)
    np.testing.assert_allclose(cross_entropy_cotangent(scores, targets, "logits"), [slope])


@pytest.mark.parametrize("lead", [5, 17, 30, 80])
def test_a_class_that_is_sure_has_a_slope_in_float32_as_others_have(lead: float) -> None:
    scores = np.array([[0, lead, 0], [lead, lead - 1, 0]], dtype=np.float32)
    targets = one_hot(np.array([1, 0]), 3)
    exact = cross_entropy_cotangent(scores.astype(np.float64), targets, "logits")
    found = cross_entropy_cotangent(scores, targets, "logits")
    np.testing.assert_allclose(found, exact, rtol=1e-5)
    np.testing.assert_allclose(exact[0], np.array([1, -2, 1]) / (np.exp(lead) + 2), rtol=1e-5)


def test_labels_have_no_loss() -> None:
    scores = one_hot(np.array([1]), 2)
    for function in (cross_entropy, cross_entropy_cotangent):
        with pytest.raises(UsageError, match="a loss of labels"):
            function(scores, scores, "labels")


def test_logits_are_offered_or_a_classifier_is_as_it_was() -> None:
    logits, probabilities = affine("logits")[0], affine("probabilities")[0]
    assert at_logits(probabilities) is probabilities
    assert logits.vjp is not None
    found = at_logits(replace(probabilities, logits=Logits(logits.predict, logits.vjp)))
    x, _ = some_inputs(6)
    assert found.spec.scores == "logits"
    np.testing.assert_array_equal(found.predict(x), logits.predict(x))


def test_logits_far_apart_get_a_slope_and_keep_their_order() -> None:
    classifier, x = affine("logits")[0], some_inputs(40)[0]
    assert tempered(classifier, x) is classifier
    vjp = classifier.vjp
    assert vjp is not None
    steep = replace(
        classifier,
        predict=lambda x: 1e5 * classifier.predict(x),
        vjp=lambda x, cotangent: vjp(x, 1e5 * cotangent),
    )
    milder = tempered(steep, x)
    assert milder.vjp is not None
    scores = milder.predict(x)
    ratio = scores / classifier.predict(x)
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-4)
    np.testing.assert_array_equal(scores.argsort(axis=1), classifier.predict(x).argsort(axis=1))
    cotangent = np.ones_like(scores)
    np.testing.assert_allclose(milder.vjp(x, cotangent), ratio[0, 0] * vjp(x, cotangent), rtol=1e-3)
    wanted = one_hot(scores.argmax(axis=1), scores.shape[1])
    lost, kept = (
        np.abs(cross_entropy_cotangent(one.predict(x), wanted, "logits")).max(axis=1)
        for one in (steep, milder)
    )
    assert np.median(lost) < 1e-30
    assert (kept > 1e-30).all()
