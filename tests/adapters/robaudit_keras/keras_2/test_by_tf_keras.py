"""What is left to tf-keras, and what it is not shown unless it is trusted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import load
from robaudit.errors import UsageError
from robaudit_keras.keras_2.by_tf_keras import only_harmless
from robaudit_keras.keras_2.configuration import UntranslatableError
from tests.support.keras_2_files import layer, linear_file, save_by_tf_keras, sequential
from tests.support.keras_files import TRUSTED

x = np.random.default_rng(0).random((4, 6, 6, 2)).astype(np.float32)


def resized(k: Any) -> Any:
    import tensorflow as tf

    start = k.Input((6, 6, 2))
    return k.Model(start, k.layers.Dense(3)(k.layers.Flatten()(tf.image.resize(start, (4, 4)))))


def wrapped(k: Any) -> Any:
    lstm = k.layers.LSTM(3, recurrent_activation="hard_sigmoid")
    return k.Sequential(
        [
            k.Input((6, 6, 2)),
            k.layers.LocallyConnected2D(2, 3),
            k.layers.TimeDistributed(k.layers.Dense(3)),
            k.layers.Reshape((4, 12)),
            k.layers.Bidirectional(lstm),
            k.layers.ThresholdedReLU(0.1),
            k.layers.Dense(3),
        ]
    )


@pytest.mark.parametrize("make", [resized, wrapped])
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_what_only_keras_2_has_is_computed_by_it(make: Any, name: str, tmp_path: Path) -> None:
    expected = save_by_tf_keras(make, tmp_path / name, x)
    classifier = load(tmp_path / name)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-5)
    assert classifier.capabilities == ("predict", "prober", "vjp")
    assert classifier.details["opened_by"].startswith("tf-keras")
    assert classifier.vjp is not None
    cotangent = np.random.default_rng(1).standard_normal((4, 3))
    shift = 1e-2 * np.random.default_rng(2).standard_normal(x.shape).astype(np.float32)
    change = classifier.predict(x + shift) - classifier.predict(x - shift)
    found = (classifier.vjp(x, cotangent) * shift).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(2 * found, (change * cotangent).sum(axis=1), rtol=0.05, atol=1e-4)


def test_functions_beyond_those_that_are_known_are_opened_when_trusted(tmp_path: Path) -> None:
    def make(k: Any) -> Any:
        import tensorflow as tf

        start = k.Input((6, 6, 2))
        turned = tf.image.flip_left_right(tf.roll(start, 1, axis=1))
        return k.Model(start, k.layers.Dense(3)(k.layers.Flatten()(turned)))

    expected = save_by_tf_keras(make, tmp_path / "model.h5", x)
    with pytest.raises(UsageError, match=r"tf.roll.*trust=True"):
        load(tmp_path / "model.h5")
    np.testing.assert_allclose(load(tmp_path / "model.h5", TRUSTED).predict(x), expected, 1e-4)


def hidden(**settings: Any) -> Any:
    return sequential("m", layer("TimeDistributed", "t", layer=layer("Dense", "d", **settings)))


@pytest.mark.parametrize(
    "config",
    [
        sequential("m", layer("Lambda", "run", function=["code", None, None])),
        sequential("m", layer("TimeDistributed", "t", layer=layer("Lambda", "run"))),
        sequential("m", layer("TFOpLambda", "write", function="io.write_file")),
        sequential("m", layer("StringLookup", "words", vocabulary="/etc/hostname")),
        sequential("m", {"class_name": ["Dense"], "config": {}}),
        hidden(activation="os"),
        hidden(activation={"class_name": "function", "module": "os", "config": "system"}),
        hidden(recurrent_activation="mine"),
    ],
)
def test_what_might_do_more_than_compute_is_not_handed_on(config: Any) -> None:
    with pytest.raises(UntranslatableError):
        only_harmless(config)


def test_what_is_handed_on_names_no_modules_and_makes_no_objects() -> None:
    initializer = {"module": "os", "class_name": "system", "config": {"command": "id"}}
    config = {**hidden(units=3, kernel_initializer=initializer, kernel_regularizer=initializer)}
    kept = only_harmless({**config, "module": "os", "registered_name": "x", "build_config": {}})
    inner = kept["config"]["layers"][0]["config"]["layer"]["config"]
    assert kept.keys() == {"class_name", "config"}
    assert inner == {"name": "d", "trainable": True, "dtype": "float32", "units": 3}


def test_another_backend_is_told_which_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = linear_file(tmp_path / "model.h5", layer("ThresholdedReLU", "cut", theta=0.5))
    monkeypatch.setattr("keras.backend.backend", lambda: "torch")
    from robaudit.opening import OpenOptions
    from robaudit_keras.loading import load_model
    from robaudit_keras.model_file import read_model_file

    with pytest.raises(UsageError, match=r"Keras runs on torch.*KERAS_BACKEND=tensorflow"):
        load_model(read_model_file(path), OpenOptions())
