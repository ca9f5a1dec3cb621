"""Why a model answers differently each time, or from batch to batch: which layer does it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import OpenOptions, TrainPlan, load
from tests.support.keras_files import reopened, save
from tests.support.keras_networks import small
from tests.support.paths import ROOT


class AlwaysDropout(layers.Dropout):
    """Dropout that does not stop at inference, as Monte Carlo dropout is written."""

    def call(self, x: Any) -> Any:
        return super().call(x, training=True)


class Within(layers.Layer):
    """A layer of a user's own that calls others in training mode, or draws itself."""

    def __init__(self, **others: Any) -> None:
        super().__init__(**others)
        self.norm = layers.BatchNormalization(name="inner_norm")
        self.drop = layers.GaussianDropout(0.5, name="inner_drop")
        self.flip = layers.RandomFlip(name="inner_flip")

    def call(self, x: Any) -> Any:
        return self.flip(self.drop(self.norm(x, training=True), training=True), training=True)


class Drawing(layers.Layer):
    def __init__(self, **others: Any) -> None:
        super().__init__(**others)
        self.seed = keras.random.SeedGenerator(1)

    def call(self, x: Any) -> Any:
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seed)


def around(layer: Any) -> Any:
    return keras.Sequential(
        [keras.Input((8, 8, 1)), layer, layers.Flatten(), layers.Dense(10, name="end")]
    )


@pytest.mark.parametrize(
    ("layer", "cause"),
    [
        (AlwaysDropout(0.5, name="mc_1"), "AlwaysDropout 'mc_1' is in training mode"),
        (Drawing(), "it draws random numbers (keras.random) whenever it is asked"),
    ],
)
def test_chance_is_traced_to_the_layer(layer: Any, cause: str, x: np.ndarray) -> None:
    classifier = load(around(layer))
    assert classifier.randomness == cause
    assert classifier.batch_statistics is None
    assert not np.allclose(classifier.predict(x), classifier.predict(x))


def test_what_a_layer_of_a_users_own_calls_is_seen() -> None:
    classifier = load(around(Within(name="own")))
    assert classifier.randomness == ("GaussianDropout 'inner_drop' and 1 more are in training mode")
    assert classifier.batch_statistics == "BatchNormalization 'inner_norm' is in training mode"


def test_models_out_of_files_are_watched_too(tmp_path: Path) -> None:
    path = save(around(AlwaysDropout(0.5, name="mc_1")), tmp_path / "model.keras")
    factory = f"{ROOT / 'tests/adapters/robaudit_keras/test_modes.py'}:made"
    classifier = load(path, OpenOptions(factory=factory))
    assert classifier.randomness == "AlwaysDropout 'mc_1' is in training mode"


def made() -> Any:
    return around(AlwaysDropout(0.5, name="mc_1"))


def test_what_rests_is_not_blamed(x: np.ndarray) -> None:
    model = small()
    original = keras.layers.Dropout.call, keras.random.SeedGenerator.next
    classifier = load(model)
    assert classifier.randomness is classifier.batch_statistics is None
    assert (keras.layers.Dropout.call, keras.random.SeedGenerator.next) == original
    frozen = layers.BatchNormalization(name="frozen", trainable=False)
    start = keras.Input((8, 8, 1))
    silent = layers.Dropout(0.0)(frozen(start, training=True), training=True)
    off = keras.Model(start, layers.Dense(10)(layers.Flatten()(silent)))
    assert load(off).batch_statistics is load(off).randomness is None
    np.testing.assert_array_equal(classifier.predict(x), classifier.predict(x))


@pytest.mark.parametrize("suffix", [None, ".keras", ".h5"])
def test_layers_that_a_model_calls_in_training_mode_stay_in_it(
    suffix: str | None, x: np.ndarray, tmp_path: Path
) -> None:
    """Keras 3 heeds ``training=True`` of a call in model(x) and in exports, not in predict()."""
    start = keras.Input((8, 8, 1))
    h = layers.BatchNormalization(name="norm1")(start, training=True)
    h = layers.Dropout(0.5, name="drop1")(layers.Flatten()(h), training=True)
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.Model(start, layers.Dense(10, "softmax")(h))]
    )
    classifier = load(save(model, tmp_path / f"model{suffix}") if suffix else model)
    how = "is in training mode (in model(x) and where it is exported, though not in predict())"
    assert classifier.randomness == f"Dropout 'drop1' {how}"
    assert classifier.batch_statistics == f"BatchNormalization 'norm1' {how}"
    assert not np.allclose(classifier.predict(x), classifier.predict(x))
    assert classifier.logits is not None
    assert not np.allclose(classifier.logits.predict(x), classifier.logits.predict(x))


def altering() -> list[Any]:
    """Make layers whose own default is to alter images: some of them draw at rest, too."""
    kinds = (
        layers.RandomFlip(),
        layers.RandomRotation(0.3),
        layers.RandomGrayscale(),
        layers.MixUp(),
    )
    return [layers.Resizing(8, 8, name="resizing"), *kinds, layers.Dropout(0.3)]


def functional(first: list[Any]) -> Any:
    h = start = keras.Input((8, 8, 1))
    for layer in first:
        h = layer(h)
    return keras.Model(start, layers.Dense(10, "softmax")(layers.Flatten()(h)))


class Parts(keras.Model):
    def __init__(self, **others: Any) -> None:
        super().__init__(**others)
        self.parts = [*altering(), layers.Flatten(), layers.Dense(10)]

    def in_turn(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


@keras.saving.register_keras_serializable("modes")
class Subclassed(Parts):
    """A model of a user's own: Keras hands on to its layers what it is called with."""

    def call(self, x: Any, training: Any = None) -> Any:  # noqa: ARG002 - Keras reads it
        return self.in_turn(x)


@keras.saving.register_keras_serializable("modes")
class Silent(Parts):
    """One that takes nothing to hand on, so that its layers alter images in predict() too."""

    def call(self, x: Any) -> Any:
        return self.in_turn(x)


def called(model: Any) -> Any:
    model(np.zeros((1, 8, 8, 1), np.float32))
    return model


FORMS = ("functional", "sequential", "sequence within", "model within", "pipeline", "own")


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("functional", ".h5"), *((form, suffix) for form in FORMS for suffix in (None, ".keras"))],
)
def test_layers_that_alter_images_rest_as_in_predict(
    form: str, suffix: str | None, x: np.ndarray, tmp_path: Path
) -> None:
    model = {
        "functional": lambda: functional(altering()),
        "sequential": lambda: keras.Sequential(
            [keras.Input((8, 8, 1)), *altering(), layers.Flatten(), layers.Dense(10)]
        ),
        "sequence within": lambda: functional([keras.Sequential(altering())]),
        "model within": lambda: functional([functional(altering()), layers.Reshape((10, 1))]),
        "pipeline": lambda: functional([layers.Pipeline(altering())]),
        "own": lambda: called(Subclassed()),
    }[form]()
    classifier = load(save(model, tmp_path / f"model{suffix}") if suffix else model)
    assert classifier.randomness is classifier.batch_statistics is None
    for _ in range(2):
        np.testing.assert_allclose(classifier.predict(x), model.predict(x, verbose=0), rtol=1e-5)
    assert classifier.vjp is not None
    cotangent = np.eye(10, dtype=np.float32)[np.arange(len(x)) % 10]
    np.testing.assert_array_equal(classifier.vjp(x, cotangent), classifier.vjp(x, cotangent))


def test_layers_that_alter_images_work_in_training_and_rest_again_after_it(
    x: np.ndarray, tmp_path: Path
) -> None:
    model = functional([layers.RandomFlip(), layers.RandomRotation(0.3)])
    classifier = load(save(model, tmp_path / "model.keras"))
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan(learning_rate=0.1, seed=1))
    plain = functional([])
    plain.set_weights(model.get_weights()[-2:])
    unaltered = load(plain).train
    assert unaltered is not None
    other = unaltered(x, np.arange(12) % 10, TrainPlan(learning_rate=0.1, seed=1))
    assert not np.allclose(trained.predict(x), other.predict(x), atol=1e-4)
    again = reopened(trained, tmp_path / "trained.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), trained.predict(x), rtol=1e-4)


def test_a_model_that_takes_no_mode_answers_as_in_predict(x: np.ndarray) -> None:
    model = called(Silent())
    assert not np.allclose(model.predict(x, verbose=0), model.predict(x, verbose=0))
    classifier = load(model)
    assert classifier.randomness is not None
    assert "in training mode (call() of Silent takes no training" in classifier.randomness
    assert not np.allclose(classifier.predict(x), classifier.predict(x))


def test_a_layer_that_only_resizes_is_not_blamed() -> None:
    start = keras.Input((8, 8, 1))
    h = layers.CenterCrop(8, 8)(layers.Resizing(8, 8)(start))
    h = layers.Dropout(0.5, name="drop1")(layers.Flatten()(h), training=True)
    h = layers.Reshape((8, 8, 1))(h)
    randomness = load(
        functional([keras.Model(start, h), layers.RandomFlip(name="flip")])
    ).randomness
    assert randomness is not None
    assert randomness.startswith("Dropout 'drop1' and 1 more are in training mode (in model(x)")
