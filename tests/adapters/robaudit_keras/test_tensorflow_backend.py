"""Keras on TensorFlow: exact gradients, and graphs that are traced once."""

from typing import Any

import keras
import numpy as np
from keras import layers

from robaudit import load
from robaudit.predicting import points_on_rays
from tests.support.keras_networks import cut_off, small

random = np.random.default_rng(0)


def test_gradients_agree_with_central_differences_in_float64() -> None:
    classifier = load(small("float64"))
    assert classifier.vjp is not None
    own = np.random.default_rng(1)  # whose inputs lie at no kink of the network
    x, cotangent = own.random((3, 8, 8, 1)), own.standard_normal((3, 10))
    gradient = classifier.vjp(x, cotangent)
    assert gradient.dtype == np.float64
    for place in np.ndindex(8, 8):
        step = np.zeros_like(x)
        step[:, *place] = 1e-6
        change = classifier.predict(x + step) - classifier.predict(x - step)
        expected = (change * cotangent).sum(axis=1) / 2e-6
        np.testing.assert_allclose(gradient[:, *place, 0], expected, rtol=1e-5, atol=1e-7)


def test_the_prober_traces_once_for_batches_of_any_size(x: np.ndarray) -> None:
    traces = []

    class Counting(layers.Layer):
        def call(self, inputs: Any) -> Any:
            traces.append(inputs.shape)
            return inputs

    model = keras.Sequential(
        [keras.Input((8, 8, 1)), Counting(), layers.Flatten(), layers.Dense(10)]
    )
    classifier = load(model)
    directions = random.standard_normal((5, 8, 8, 1)).astype(np.float32)
    assert classifier.prober is not None
    traces.clear()
    for low, high in ((0.0, 1.0), (-np.inf, np.inf)):
        probe = classifier.prober(x, directions, low, high)
        for count in (1, 7, 30):
            sample, direction = np.arange(count) % 12, np.arange(count) % 5
            distance = np.linspace(-2, 2, count)
            points = points_on_rays(x[sample], directions[direction], distance, low, high)
            expected = model(points).numpy()
            traces.pop()
            found = probe(sample, direction, distance)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert len(traces) == 1


def test_gradients_that_something_cuts_off_are_zero(x: np.ndarray) -> None:
    """TensorFlow gives none at all there, and other doubts about them are for real images."""
    start = keras.Input((8, 8, 1))
    stopped = layers.Flatten()(keras.ops.stop_gradient(start))
    for model in (cut_off(), keras.Model(start, layers.Dense(10)(stopped))):
        vjp = load(model).vjp
        assert vjp is not None
        np.testing.assert_array_equal(vjp(x, np.ones((12, 10))), np.zeros_like(x))
