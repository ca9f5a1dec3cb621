"""Small networks of Keras for tests; also what ``--factory`` names there."""

from typing import Any

import keras
import numpy as np
from keras import layers

import robaudit
from robaudit import Classifier, TrainPlan


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


def one_score(end: str, flat: bool = False) -> Any:
    """Make a network of two classes that gives one score, (N, 1) or flat (N,)."""
    keras.utils.set_random_seed(8)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Dropout(0.1),
            layers.Flatten(),
            layers.Dense(1, activation=end),
        ]
    )
    if flat:
        model.add(layers.Reshape(()))
    return model


def saturated(scale: float) -> Any:
    """Make a network whose softmax is the nearer to 0 and 1, the larger the scale."""
    keras.utils.set_random_seed(9)
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    model.set_weights([scale * one for one in model.get_weights()])
    return model


def trained_on(x: np.ndarray, **compiled: Any) -> Any:
    """Make a small network whose BatchNormalization and optimizer have seen something."""
    model = small()
    model.compile(**{"optimizer": "adam", "loss": crossentropy(), **compiled})
    model.fit(x, np.arange(len(x)) % 10, epochs=2, verbose=0)
    return model


def crossentropy() -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


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


def linear() -> Any:
    """Make a linear network over (4, 4, 1) with three classes."""
    return keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)])


def in_half_precision() -> Any:
    """Make the linear network with weights in single precision, and products in half."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return linear()
    finally:
        keras.config.set_dtype_policy(before)


class Square(layers.Layer):
    """A layer of a user's own with two weights of one shape."""

    def build(self, _shape: Any) -> None:
        self.kernel = self.add_weight(shape=(3, 3), name="kernel")
        self.scale = self.add_weight(shape=(3, 3), name="scale")

    def call(self, x: Any) -> Any:
        return x @ self.kernel @ self.scale


def square() -> Any:
    return keras.Sequential([keras.Input((3,)), Square()])


class Threshold(layers.Layer):
    """A layer that cuts off gradients: black and white are all that it tells apart."""

    def call(self, x: Any) -> Any:
        return keras.ops.cast(x > 0.5, "float32")


def cut_off() -> Any:
    """Make a network whose gradients are zero, since a threshold comes first."""
    return keras.Sequential(
        [keras.Input((8, 8, 1)), Threshold(), layers.Flatten(), layers.Dense(10)]
    )


class Scaling(layers.Layer):
    """A layer of a user's own, unknown to Keras."""

    def call(self, x: Any) -> Any:
        return 2 * x


def with_own_layer() -> Any:
    """Make a network that a file alone cannot tell how to make."""
    keras.utils.set_random_seed(6)
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), Scaling(), layers.Dense(10)])


class Counting(layers.Layer):
    """A layer that counts how often it is called: once a trace, where calls are traced."""

    calls = 0

    def call(self, x: Any) -> Any:
        Counting.calls += 1
        return x


def calls_in_training(epochs: int) -> int:
    """Train for some epochs, asking the classifier at each batch: how often layers are called."""
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), Counting(), layers.Flatten(), layers.Dense(10)]
    )
    x = np.random.default_rng(0).random((20, 8, 8, 1)).astype(np.float32)

    def perturb(trainee: Classifier, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        assert trainee.vjp is not None
        trainee.vjp(inputs, np.eye(10)[labels])
        trainee.predict(inputs)
        return inputs

    train = robaudit.load(model).train
    assert train is not None
    Counting.calls = 0
    train(x, np.arange(20) % 10, TrainPlan(epochs=epochs, batch_size=8, perturb=perturb))
    return Counting.calls


def not_a_model() -> int:
    return 1
