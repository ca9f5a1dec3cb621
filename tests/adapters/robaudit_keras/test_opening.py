"""Models of Keras as classifiers: what they give, and what must not change."""

import keras
import numpy as np
import pytest
from keras import layers

import robaudit
from robaudit import Images, InputSpec, OpenOptions, SearchPlan, TrainPlan, load, scan
from robaudit.errors import NotAuditableError, UsageError
from tests.support.keras_networks import small, trained_on


def test_scores_are_the_models_own_in_inference(x: np.ndarray) -> None:
    model = trained_on(x)
    classifier = load(model)
    assert classifier.capabilities == ("predict", "prober", "vjp", "train", "save")
    assert classifier.spec == InputSpec((8, 8, 1), 10)
    expected = model(x, training=False).numpy()
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-6)
    assert classifier.predict(x).dtype == np.float32
    assert not np.allclose(expected, model(x, training=True).numpy(), atol=1e-2)


def test_a_model_is_left_as_it_was_found(x: np.ndarray, digits: Images) -> None:
    model = trained_on(x, metrics=["accuracy"])
    weights, state = model.get_weights(), [v.numpy() for v in model.optimizer.variables]
    variables = [v.numpy() for v in model.variables]
    config, compiled = model.get_config(), model.get_compile_config()
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    classifier = load(model)
    scan(classifier, digits, plan=SearchPlan(20, 4, steps=5))
    assert classifier.train is not None
    classifier.train(x, np.arange(12) % 10, TrainPlan(epochs=2, learning_rate=0.1))
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    for before, variable in zip(state, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(before, variable.numpy())
    for before, variable in zip(variables, model.variables, strict=True):
        np.testing.assert_array_equal(before, variable.numpy())
    assert model.get_config() == config
    assert model.get_compile_config() == compiled
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes


def test_what_becomes_of_a_model_later_does_not_change_the_classifier(x: np.ndarray) -> None:
    model = trained_on(x)
    classifier = load(model)
    before, fingerprint = classifier.predict(x), load(model).fingerprint
    assert fingerprint == classifier.fingerprint
    model.fit(x, np.arange(12) % 10, epochs=3, verbose=0)
    np.testing.assert_array_equal(classifier.predict(x), before)
    assert load(model).fingerprint != fingerprint


def test_models_that_are_no_classifiers_are_refused() -> None:
    start, other = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    flat = layers.Flatten()(start)
    with pytest.raises(NotAuditableError, match="is no classifier"):
        load(keras.Model(start, layers.Conv2D(3, 3)(start)))
    two = keras.Model([start, other], layers.Dense(10)(layers.Flatten()(start + other)))
    with pytest.raises(NotAuditableError, match="2 inputs"):
        load(two)
    with pytest.raises(UsageError, match="no weights yet"):
        load(keras.Sequential([layers.Flatten(), layers.Dense(10)]))
    counts = keras.Input((8, 8, 1), dtype="uint8")
    with pytest.raises(NotAuditableError, match="takes uint8 numbers"):
        load(keras.Model(counts, layers.Dense(10)(layers.Flatten()(counts))))
    numbers = keras.Model(start, layers.Dense(2)(flat))
    doubt = load(numbers).doubt
    assert doubt is not None
    assert "regression" in doubt


def test_open_sizes_come_from_the_user_or_the_data() -> None:
    start = keras.Input((None, None, 1))
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(start))
    model = keras.Model(start, layers.Dense(10)(features))
    with pytest.raises(UsageError, match="input_shape"):
        load(model)
    assert load(model, OpenOptions(image_shape=(9, 7, 1))).spec.shape == (9, 7, 1)
    assert load(model, OpenOptions(input_shape=(5, 6, 1))).spec.shape == (5, 6, 1)


def test_digits_are_learnt_and_scanned(digits: Images) -> None:
    pixels, labels = digits.unit_pixels(slice(None)), digits.labels
    assert labels is not None
    classifier = load(small())
    assert classifier.train is not None
    trained = classifier.train(
        pixels.astype(np.float32), labels, TrainPlan(epochs=15, learning_rate=0.01)
    )
    audit = scan(trained, digits, plan=SearchPlan(30, 8, step=0.05, steps=10))
    accuracy = audit.clean.overall.value
    assert accuracy is not None
    assert accuracy > 0.9
    assert 0 < (audit.rays.step > 0).mean() < 1
    record = robaudit.make_record(audit)
    assert record["model"]["adapter"] == "keras"
    assert record["model"]["details"]["backend"] == "tensorflow"
