"""Functional models of Keras 2: layers and models that are called several times, and circles."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import TrainPlan, load
from robaudit.errors import NotAuditableError, UsageError
from robaudit_keras.keras_2.configuration import UntranslatableError
from robaudit_keras.keras_2.graph import make_model
from tests.support.keras_2_files import (
    called,
    functional,
    layer,
    save_by_tf_keras,
    sequential,
    start,
    write_hdf5,
)

random = np.random.default_rng(0)


def shared_twice(name: str = "Functional") -> Any:
    """Give a model that calls a Dense layer, and a model of one, two times each."""
    dense = layer("Dense", "dense", units=4, activation="relu")
    inner = sequential("inner", layer("Dense", "within", units=4, batch_input_shape=[None, 4]))
    layers = [
        start("image", (2, 2, 1)),
        called(layer("Flatten", "flat"), ["image"]),
        called(layer("Subtract", "difference"), [["inner", 1, 0, {}], ["inner", 2, 0, {}]]),
        called(inner, [["dense", 0, 0, {}]], [["dense", 1, 0, {}]]),
        called(dense, ["flat"], [["dense", 0, 0, {}]]),
    ]
    return {**functional("twice", layers, "image", ["difference", 0, 0]), "class_name": name}


@pytest.mark.parametrize("name", ["Functional", "Model"])
def test_calls_are_made_in_the_order_in_which_they_can_be(name: str, tmp_path: Path) -> None:
    kernel, within = random.normal(size=(2, 4, 4))
    path = write_hdf5(
        tmp_path / "model.h5",
        shared_twice(name),
        {
            "dense": {"dense/kernel:0": kernel, "dense/bias:0": np.ones(4)},
            "inner": {"within/kernel:0": within, "within/bias:0": np.ones(4)},
        },
    )
    x = random.random((5, 2, 2, 1)).astype(np.float32)
    once = np.maximum(x.reshape(5, 4) @ kernel + 1, 0)
    twice = np.maximum(once @ kernel + 1, 0)
    expected = (once @ within + 1) - (twice @ within + 1)
    np.testing.assert_allclose(load(path).predict(x), expected, rtol=1e-4, atol=1e-5)


def residual(k: Any) -> Any:
    """Make a model within a model, with a branch, and scores beside another output."""
    start = k.Input((8, 8, 3))
    h = k.layers.Conv2D(4, 3, padding="same")(start)
    inner = k.Sequential([k.layers.BatchNormalization(), k.layers.ReLU(), k.layers.Conv2D(4, 1)])
    h = k.layers.Add()([h, inner(h)])
    h = k.layers.Concatenate()([h, k.layers.Average()([inner(h), h])])
    flat = k.layers.GlobalAveragePooling2D()(h)
    return k.Model(start, [h, k.layers.Dense(5, "softmax", name="scores")(flat)])


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_models_within_models_are_trained_and_saved_again(name: str, tmp_path: Path) -> None:
    x = random.random((6, 8, 8, 3)).astype(np.float32)
    expected: list[np.ndarray] = []

    def make(k: Any) -> Any:
        model = residual(k)
        predict = model.predict

        def second(*given: Any, **settings: Any) -> Any:
            expected.append(predict(*given, **settings)[1])
            return expected[0]

        model.predict = second
        return model

    save_by_tf_keras(make, tmp_path / name, x)
    classifier = load(tmp_path / name)
    assert "read_into" in classifier.details
    np.testing.assert_allclose(classifier.predict(x), expected[0], rtol=1e-4, atol=1e-6)
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(6) % 5, TrainPlan(epochs=2))
    assert trained.save is not None
    trained.save(tmp_path / f"again-{name}")
    found = load(tmp_path / f"again-{name}").predict(x)
    np.testing.assert_allclose(found, trained.predict(x), rtol=1e-4, atol=1e-6)


def altering(k: Any) -> Any:
    """Make a graph whose layers alter images, which those of Keras 3 do by their own default."""
    h = start = k.Input((8, 8, 3))
    for one in (k.layers.RandomFlip(), k.layers.RandomRotation(0.3), k.layers.Flatten()):
        h = one(h)
    return k.Model(start, k.layers.Dense(5, "softmax")(h))


def test_layers_that_alter_images_rest(tmp_path: Path) -> None:
    x = random.random((6, 8, 8, 3)).astype(np.float32)
    expected = save_by_tf_keras(altering, tmp_path / "model.h5", x)
    classifier = load(tmp_path / "model.h5")
    assert "read_into" in classifier.details
    assert classifier.randomness is None
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-4, atol=1e-6)


def test_a_circle_is_no_graph() -> None:
    layers = [
        start("image", (4,)),
        called(layer("Add", "one"), ["image", "two"]),
        called(layer("ReLU", "two"), ["one"]),
    ]
    with pytest.raises(UntranslatableError, match="form a circle"):
        make_model(functional("round", layers, "image", ["two", 0, 0]))


def test_what_is_called_with_more_than_tensors_is_not_guessed_at() -> None:
    def model(given: dict[str, Any]) -> Any:
        relu = called(layer("ReLU", "cut"), [["image", 0, 0, given]])
        return functional("odd", [start("image", (4,)), relu], "image", ["cut", 0, 0])

    assert make_model(model({"training": False, "mask": None})).name == "odd"
    with pytest.raises(UntranslatableError, match="'cut' is called in training mode"):
        make_model(model({"training": True}))
    with pytest.raises(UntranslatableError, match="'cut' is called with mask"):
        make_model(model({"mask": ["image", 0, 0]}))


def test_two_images_are_one_too_many(tmp_path: Path) -> None:
    layers = [
        start("left", (4,)),
        start("right", (4,)),
        called(layer("Add", "sum"), ["left", "right"]),
    ]
    config = functional("pair", layers, "left", ["sum", 0, 0])
    config["config"]["input_layers"].append(["right", 0, 0])
    with pytest.raises(NotAuditableError, match="2 inputs"):
        load(write_hdf5(tmp_path / "pair.h5", config, {}))


def test_a_model_that_does_not_say_what_it_takes_is_not_built(tmp_path: Path) -> None:
    config = sequential("open", layer("Flatten", "flat"), layer("ReLU", "cut"))
    path = write_hdf5(tmp_path / "open.h5", config, {})
    with pytest.raises(UsageError, match="nothing says what its input is"):
        load(path)
    config["config"]["build_input_shape"] = [32, 2, 2, 1]
    assert load(write_hdf5(path, config, {})).spec.shape == (2, 2, 1)


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_names_that_keras_3_does_not_take_are_changed(name: str, tmp_path: Path) -> None:
    """Slashes, as in MobileNetV3; and names that functions made into layers would have."""
    tensorflow = pytest.importorskip("tensorflow")

    def make(k: Any) -> Any:
        start = k.Input((6, 6, 2))
        h = k.layers.Conv2D(3, 1, name="Conv/first")(start)
        h = k.layers.BatchNormalization(name="Conv/first/BatchNorm")(h)
        h = k.layers.Activation("relu")(tensorflow.nn.relu6(h))
        inner = k.Input((6, 6, 3), name="within/start")
        first = k.layers.Conv2D(3, 1, name="within/Conv")(inner)
        second = k.layers.Conv2D(3, 1, name="within/Conv_1")(first)
        h = k.Model(inner, second, name="within/model")(h)
        return k.Model(start, k.layers.Dense(3)(k.layers.Flatten()(h)))

    x = np.random.default_rng(0).random((4, 6, 6, 2)).astype(np.float32)
    expected = save_by_tf_keras(make, tmp_path / name, x)
    classifier = load(tmp_path / name)
    assert "read_into" in classifier.details
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-5)
