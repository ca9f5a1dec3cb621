"""What a graph of TensorFlow draws by chance, or takes from the batch, also in its functions."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from robaudit import load
from robaudit_keras.quiet import quietly
from tests.support.keras_files import TRUSTED
from tests.support.keras_networks import small


def exported(model: Any, folder: Path) -> Path:
    with quietly():
        model.export(folder, verbose=False)
    return folder


def test_layers_that_were_exported_in_training_mode_are_found(
    x: np.ndarray, tmp_path: Path
) -> None:
    start = keras.Input((8, 8, 1))
    h = layers.BatchNormalization(name="norm1")(start, training=True)
    h = layers.Dropout(0.5, name="drop1")(layers.Flatten()(h), training=True)
    classifier = load(
        exported(keras.Model(start, layers.Dense(10)(h)), tmp_path / "model"), TRUSTED
    )
    assert classifier.randomness is not None
    assert "its graph draws random numbers" in classifier.randomness
    assert "drop1" in classifier.randomness
    assert not np.allclose(classifier.predict(x), classifier.predict(x))
    assert classifier.batch_statistics is not None
    assert "norm1" in classifier.batch_statistics


def test_what_is_not_run_is_not_blamed(tmp_path: Path) -> None:
    """Dropout that rests leaves no trace, and functions that nothing calls have no say."""
    classifier = load(exported(small(), tmp_path / "model"), TRUSTED)
    assert classifier.randomness is classifier.batch_statistics is None


@pytest.mark.parametrize("within", [tf.function, lambda function: function])
def test_functions_that_are_called_are_looked_into(within: Any, tmp_path: Path) -> None:
    class Noisy(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = within(lambda x: x + tf.random.normal(tf.shape(x)))

    noisy = Noisy()
    noisy.run = tf.function(lambda x: {"scores": noisy.inner(x)})
    with quietly():
        run = noisy.run.get_concrete_function(tf.TensorSpec([None, 4], tf.float32))
        tf.saved_model.save(noisy, str(tmp_path / "noisy"), signatures=run)
    cause = load(tmp_path / "noisy", TRUSTED).randomness
    assert cause is not None
    assert "RandomStandardNormal" in cause
