"""Models that keep something from one call to the next: refused where answers depend on it."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import load
from robaudit.errors import NotAuditableError


class Running(layers.Layer):
    """Updates a statistic at inference, too, and goes by it or not."""

    def __init__(self, goes_by_it: bool) -> None:
        super().__init__(name="running")
        self.goes_by_it = goes_by_it
        self.mean = self.add_weight(shape=(), initializer="zeros", trainable=False, name="mean")

    def call(self, x: Any) -> Any:
        self.mean.assign(0.9 * self.mean + 0.1 * keras.ops.mean(x))
        return x - self.mean if self.goes_by_it else x

    def get_config(self) -> dict[str, Any]:
        return {"goes_by_it": self.goes_by_it}


def around(layer: Any) -> Any:
    parts = [keras.Input((8, 8, 1)), layer, layers.Flatten(), layers.Dense(10), layers.ReLU()]
    return keras.Sequential(parts)


def test_statistics_that_go_on_at_inference_are_refused() -> None:
    with pytest.raises(NotAuditableError, match=r"keeps state .* running/mean"):
        load(around(Running(goes_by_it=True)))


def test_statistics_that_change_no_answer_are_not(x: np.ndarray) -> None:
    classifier = load(around(Running(goes_by_it=False)))
    np.testing.assert_array_equal(classifier.predict(x), classifier.predict(x))


def test_layers_that_remember_are_refused() -> None:
    memory = layers.LSTM(4, stateful=True)
    image = keras.Input(batch_shape=(8, 8, 8))
    model = keras.Model(image, layers.Dense(10)(memory(image)))
    with pytest.raises(NotAuditableError, match=r"keeps state .* lstm.*/rnn_state"):
        load(model)
