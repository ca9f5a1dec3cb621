"""How a model does with a preprocessing is measured alike for every kind of score."""

import numpy as np

from robaudit.preprocessing.trials import loss_of_labels


def test_cross_entropy_is_the_same_for_every_kind_of_score() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (50, 7))
    labels = random.integers(0, 7, 50)
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    expected = loss_of_labels(logits, labels, "logits")
    np.testing.assert_allclose(loss_of_labels(probabilities, labels, "probabilities"), expected)
    found = loss_of_labels(np.log(probabilities), labels, "log-probabilities")
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(loss_of_labels(np.eye(7)[labels], labels, "labels"), 0)
