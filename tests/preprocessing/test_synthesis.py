"""Images made for a model that comes without any."""

import numpy as np
import pytest

from robaudit import Classifier, InputSpec
from robaudit.errors import NotAuditableError
from tests.support.preparations import blind, match

random = np.random.default_rng(0)


def test_synthetic_images_reach_the_classes_and_repeat_themselves() -> None:
    weights = random.normal(0, 1, (64, 6))

    def predict(x: np.ndarray) -> np.ndarray:
        centred = x.reshape(len(x), -1) - 0.5
        return centred @ weights

    classifier = Classifier("linear", InputSpec((1, 8, 8), 6), predict)
    made = [match(classifier, None, count=30, seed=3) for _ in range(2)]
    images = made[0].images
    assert images.synthetic
    assert images.labels is None
    assert images.sha256 == made[1].images.sha256
    assert np.asarray(images.pixels).min() >= 0
    assert np.asarray(images.pixels).max() <= 1
    classes = made[0].classifier.predict(made[0].inputs(slice(None))).argmax(axis=1)
    assert (np.bincount(classes, minlength=6) >= 3).all()


def test_a_model_that_never_changes_its_mind_is_refused_without_data() -> None:
    with pytest.raises(NotAuditableError, match="same class"):
        match(blind((1, 8, 8)), None)
