"""Small networks of Keras for tests; also what ``--factory`` names there."""

from typing import Any

import keras
from keras import layers


def small(dtype: str = "float32", classes: int = 10) -> Any:
    """Make a network with all that behaves differently in training, over (8, 8, 1)."""
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), dtype=dtype),
            layers.Conv2D(6, 3, activation="relu", dtype=dtype),
            layers.BatchNormalization(dtype=dtype),
            layers.Dropout(0.3, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(16, activation="tanh", dtype=dtype),
            layers.Dense(classes, dtype=dtype),
        ]
    )


def as_in_the_keras_2_file() -> Any:
    """Make the network of `shared`'s ``mnist-keras2-h5-cnn-max.h5`` in Keras 3."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 4, activation="relu"),
            layers.Conv2D(4, 4, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10),
        ]
    )


class Scaling(layers.Layer):
    """A layer of a user's own, unknown to Keras."""

    def call(self, x: Any) -> Any:
        return 2 * x


def with_own_layer() -> Any:
    """Make a network that a file alone cannot tell how to make."""
    keras.utils.set_random_seed(6)
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), Scaling(), layers.Dense(10)])


def not_a_model() -> int:
    return 1
