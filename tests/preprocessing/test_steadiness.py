"""A model that answers differently each time, or by its batch, is told by asking it again."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, InputSpec, images_from_arrays
from robaudit.batches import Pace
from robaudit.errors import NotAuditableError
from robaudit.preprocessing.prepare import prepare
from robaudit.preprocessing.steadiness import asked_twice
from tests.support.preparations import NOTHING_GIVEN, match

random = np.random.default_rng(0)
WEIGHTS = random.normal(size=(64, 4))


def noisy(share: float) -> Classifier:
    """Make a model that leaves a share of its pixels out, others each time."""

    def predict(x: np.ndarray) -> np.ndarray:
        kept = random.random(x.shape) >= share
        return (x * kept).reshape(len(x), 64) @ WEIGHTS

    return Classifier("noisy", InputSpec((1, 8, 8), 4), predict)


IMAGES = images_from_arrays(random.random((100, 8, 8)), np.arange(100) % 4)


@pytest.mark.parametrize("labels", [True, False])
def test_a_model_that_answers_differently_is_refused_with_its_cause(labels: bool) -> None:
    images = IMAGES if labels else replace(IMAGES, labels=None)
    classifier = replace(noisy(0.5), randomness="Dropout 'drop1' is in training mode")
    with pytest.raises(NotAuditableError, match=r"differently each time.*100 of them.*'drop1'"):
        match(classifier, images, NOTHING_GIVEN)
    with pytest.raises(NotAuditableError, match="randomised=True"):
        match(noisy(0.05), None)


def test_a_model_that_is_known_to_be_random_is_taken() -> None:
    prepared = prepare(
        noisy(0.3), IMAGES, NOTHING_GIVEN, count=10, seed=0, pace=Pace(16), randomised=True
    )
    assert not any("one at a time" in note for note in prepared.notes)


def test_rounding_is_no_difference() -> None:
    x = random.random((50, 1, 8, 8)).astype(np.float32)

    def predict(x: np.ndarray) -> np.ndarray:
        scores = x.reshape(len(x), 64) @ WEIGHTS
        return (scores * (1 + 1e-7 * random.normal(size=scores.shape))).astype(np.float32)

    assert asked_twice(predict, x, 16).scores == 0
    found = asked_twice(noisy(0.5).predict, x, 16)
    assert found.scores == 50
    assert 0 < found.classes < 50


def test_normalisation_by_the_batch_is_refused_with_its_cause() -> None:
    def predict(x: np.ndarray) -> np.ndarray:
        scores = x.reshape(len(x), 64) @ WEIGHTS
        return scores - scores.mean(axis=0)

    mixing = Classifier("mixing", InputSpec((1, 8, 8), 4), predict)
    assert any("one at a time" in note for note in match(mixing, IMAGES).notes)
    known = replace(mixing, batch_statistics="BatchNormalization 'bn1' is in training mode")
    with pytest.raises(NotAuditableError, match=r"'bn1' is in training mode.*batch"):
        match(known, IMAGES)


def test_normalisation_that_fails_on_one_input_is_refused_with_its_cause() -> None:
    """PyTorch does not normalise one input by itself at all."""

    def predict(x: np.ndarray) -> np.ndarray:
        if len(x) == 1:
            raise ValueError("expected more than 1 value per channel")
        scores = x.reshape(len(x), 64) @ WEIGHTS
        return scores - scores.mean(axis=0)

    words = "BatchNorm1d '2' has no statistics but those of the batch"
    mixing = Classifier("mixing", InputSpec((1, 8, 8), 4), predict, batch_statistics=words)
    with pytest.raises(NotAuditableError, match=words):
        match(mixing, IMAGES)
