"""Functions of TensorFlow in models of Keras 2."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import TrainPlan, load
from robaudit_keras.keras_2.operations import is_harmless
from tests.support.keras_2_files import save_by_tf_keras

random = np.random.default_rng(0)


def scaled_as_in_the_tutorials(k: Any) -> Any:
    """Make a network that begins with preprocess_input of MobileNetV2, and ends in one score."""
    start = k.Input((8, 8, 3))
    h = k.layers.Conv2D(4, 3)(start / 127.5 - 1)
    return k.Model(start, k.layers.Dense(1)(k.layers.GlobalAveragePooling2D()(h)))


def arithmetic(k: Any) -> Any:
    import tensorflow as tf

    start = k.Input((8, 8, 3))
    h = tf.nn.relu(1.0 - start * 2) + start
    h = tf.concat([h, tf.nn.sigmoid(h), h - start], axis=-1) * tf.nn.leaky_relu(h[..., :1])
    h = tf.reduce_mean(tf.nn.relu6(h), axis=[1, 2], keepdims=True)
    h = tf.nn.softmax(tf.reshape(tf.identity(h), [-1, 9]))
    return k.Model(start, k.layers.Dense(3)(h))


def test_arithmetic_becomes_layers_that_can_be_trained_and_saved(tmp_path: Path) -> None:
    x = random.uniform(0, 255, (5, 8, 8, 3)).astype(np.float32)
    path = tmp_path / "model.h5"

    def make(k: Any) -> Any:
        model = scaled_as_in_the_tutorials(k)
        model.compile("adam", k.losses.BinaryCrossentropy(from_logits=True))
        return model

    score = save_by_tf_keras(make, path, x)[:, 0]
    classifier = load(path)
    expected = np.stack([np.zeros(5), score], axis=1)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(5) % 2, TrainPlan())
    assert trained.save is not None
    trained.save(tmp_path / "trained.h5")
    np.testing.assert_allclose(
        load(tmp_path / "trained.h5").predict(x), trained.predict(x), rtol=1e-5, atol=1e-5
    )


def test_functions_give_what_tf_keras_gives(tmp_path: Path) -> None:
    x = random.random((5, 8, 8, 3)).astype(np.float32)
    expected = save_by_tf_keras(arithmetic, tmp_path / "model.h5", x)
    classifier = load(tmp_path / "model.h5")
    assert "read_into" in classifier.details
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)


def test_what_hdf5_cannot_hold_again_is_not_trained(tmp_path: Path) -> None:
    """Channels in another order, as preprocess_input of ResNet50 has them: no layer does that."""

    def make(k: Any) -> Any:
        import tensorflow as tf

        start = k.Input((8, 8, 3))
        h = tf.nn.bias_add(start[..., ::-1], [-0.1, -0.2, -0.3])
        return k.Model(start, k.layers.Dense(3)(k.layers.Flatten()(h)))

    x = random.random((5, 8, 8, 3)).astype(np.float32)
    expected = save_by_tf_keras(make, tmp_path / "model.h5", x)
    classifier = load(tmp_path / "model.h5")
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert classifier.capabilities == ("predict", "prober", "vjp")


@pytest.mark.parametrize(
    "name", ["io.write_file", "py_function", "raw_ops.ReadFile", "math.x.y", None, "numpy_function"]
)
def test_functions_that_may_do_more_are_not_harmless(name: object) -> None:
    assert not is_harmless(name)
