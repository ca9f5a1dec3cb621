"""Copies of models: of all makes, and of those that cannot be copied."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import TrainPlan, load
from robaudit.errors import UsageError
from tests.support.keras_networks import Scaling, crossentropy, small


def adapted() -> Any:
    """Make a model whose first layer holds more than its weights say."""
    normalization = layers.Normalization()
    normalization.adapt(np.linspace(-3, 8, 640, dtype=np.float32).reshape(10, 8, 8, 1))
    return keras.Sequential(
        [keras.Input((8, 8, 1)), normalization, layers.Flatten(), layers.Dense(10)]
    )


def shared_layers() -> Any:
    start, dense = keras.Input((8, 8, 1)), layers.Dense(12, activation="relu")
    features = layers.Flatten()(start)
    two = layers.Concatenate()([dense(features), dense(1 - features)])
    return keras.Model(start, layers.Dense(10)(two))


def nested() -> Any:
    inner = small(classes=12)
    inner.compile("adam", crossentropy())
    start = keras.Input((8, 8, 1))
    return keras.Model(start, layers.Dense(10)(inner(start)))


def with_lambda() -> Any:
    scale = np.float32(3.0)  # what the function refers to is not in its code
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Lambda(lambda x: x * scale),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def own_activation(x: Any) -> Any:
    return keras.ops.sin(x)


def with_own_parts() -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            Scaling(),
            layers.Flatten(),
            layers.Dense(20, activation=own_activation),
            layers.Dense(10),
        ]
    )


class Subclassed(keras.Model):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.flatten, self.hidden = layers.Flatten(), layers.Dense(width, activation="relu")
        self.scores = layers.Dense(10)

    def call(self, x: Any) -> Any:
        return self.scores(self.hidden(self.flatten(x)))

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width}


def subclassed() -> Any:
    model = Subclassed(20)
    model(np.zeros((1, 8, 8, 1)))
    return model


@pytest.mark.parametrize(
    "make", [adapted, shared_layers, nested, with_lambda, with_own_parts, subclassed]
)
def test_models_of_all_makes_are_copied(make: Any, x: np.ndarray) -> None:
    model = make()
    classifier = load(model)
    expected = model(x, training=False).numpy()
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan(learning_rate=0.05))
    assert np.abs(trained.predict(x) - expected).max() > 1e-2
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)


def test_models_that_cannot_be_copied_are_refused() -> None:
    class Secret(keras.Model):
        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.layer, self.flatten = layer, layers.Flatten()

        def call(self, x: Any) -> Any:
            return self.layer(self.flatten(x))

    class Noisy(layers.Layer):
        """What it does is not in its configuration."""

        def __init__(self, scale: float = 0.0, **others: Any) -> None:
            super().__init__(**others)
            self.scale = scale

        def call(self, x: Any) -> Any:
            return x * self.scale

    secret = Secret(Scaling())
    secret(np.zeros((1, 8, 8, 1)))
    with pytest.raises(UsageError, match="get_config"):
        load(secret)
    odd = keras.Sequential([keras.Input((4,)), Noisy(scale=3.0), layers.Dense(3)])
    odd.layers[0].get_config = lambda: {"name": "noisy"}
    with pytest.raises(UsageError, match="gives other scores than the model itself"):
        load(odd)
