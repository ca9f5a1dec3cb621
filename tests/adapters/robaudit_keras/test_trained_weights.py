"""Weights of Keras models: statistics of batch normalisation anew, and what is left as it was."""

from typing import Any

import keras
import numpy as np

import robaudit
from robaudit import Classifier, InputSpec
from robaudit.types import Weights

X = np.random.default_rng(0).normal(2, 3, (300, 4)).astype(np.float32)
SPEC = InputSpec((4,), 2, low=-20, high=20)


def normalised(**compiled: Any) -> Classifier:
    """Normalise four numbers, and weigh them."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )
    if compiled:
        model.compile(**compiled)
    return robaudit.load(model, spec=SPEC)


def weights_of(classifier: Classifier) -> Weights:
    assert classifier.weights is not None
    return classifier.weights


def test_statistics_are_the_means_of_batches_of_the_data() -> None:
    """Of three equal batches, as if each had been seen once: gamma, beta, mean and variance."""
    classifier = normalised()
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    taken = [*weights_of(made).take().values()]
    np.testing.assert_allclose(taken[2], X.mean(axis=0), rtol=1e-4)
    variances = np.mean([part.var(axis=0) for part in np.array_split(X, 3)], axis=0)
    np.testing.assert_allclose(taken[3], variances, rtol=1e-4)
    np.testing.assert_array_equal(made.predict(X), made.predict(X))


def test_of_a_layer_that_is_called_twice_each_call_counts_alike() -> None:
    """On numbers of mean m and variance v, then on what it makes of them, of 0 and about 1."""
    start, layer = keras.Input((4,)), keras.layers.BatchNormalization(epsilon=1e-6)
    model = keras.Model(start, keras.layers.Dense(2)(layer(layer(start))))
    classifier = robaudit.load(model, spec=SPEC)
    gamma, beta, *_ = weights_of(classifier).take().values()
    np.testing.assert_array_equal([gamma, beta], [[1] * 4, [0] * 4])
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    taken = [*weights_of(made).take().values()]
    np.testing.assert_allclose(taken[2], X.mean(axis=0) / 2, rtol=1e-3)
    variances = np.mean([part.var(axis=0) for part in np.array_split(X, 3)], axis=0)
    np.testing.assert_allclose(taken[3], (variances + 1) / 2, rtol=1e-3)
    assert [one.momentum for one in model.layers if one is layer] == [0.99]
