"""How models end, and the logits that a softmax or sigmoid at the end is made of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import Classifier, TrainPlan, load
from robaudit_keras.ends import last_activation
from tests.support.keras_files import save, scores
from tests.support.keras_networks import one_score, saturated, small


def with_activation(scale: float) -> Any:
    model = saturated(scale)
    model.layers[-1].activation = keras.activations.linear
    model.add(layers.Activation("softmax"))
    return model


def with_softmax_before_its_shape(scale: float) -> Any:
    """End as MobileNet did: a softmax over (1, 1, classes), and then another shape."""
    start = keras.Input((8, 8, 1))
    h = layers.Reshape((1, 1, 10))(layers.Dense(10)(layers.Flatten()(start)))
    model = keras.Model(start, layers.Dropout(0.1)(layers.Reshape((10,))(layers.Softmax()(h))))
    model.set_weights([scale * one for one in model.get_weights()])
    return model


def nested(scale: float) -> Any:
    inner = saturated(scale)
    start = keras.Input((8, 8, 1))
    whole = keras.Model(start, keras.Sequential([keras.Input((8, 8, 1)), inner])(start * 1.0))
    return keras.Sequential([keras.Input((8, 8, 1)), whole])


def by_operation(scale: float) -> Any:
    model = saturated(scale)
    model.layers[-1].activation = keras.activations.linear
    return keras.Model(model.inputs, keras.ops.softmax(model.outputs[0]))


MAKERS = [saturated, with_activation, with_softmax_before_its_shape, nested, by_operation]


def log_of(probabilities: np.ndarray) -> np.ndarray:
    return np.log(probabilities / probabilities.max(axis=1, keepdims=True))


@pytest.mark.parametrize("make", MAKERS)
def test_logits_are_those_behind_the_softmax(make: Callable[[float], Any], x: np.ndarray) -> None:
    model = make(1.0)
    classifier = load(model)
    assert classifier.spec.scores == "probabilities"
    assert classifier.logits is not None
    logits = classifier.logits.predict(x)
    shifted = logits - logits.max(axis=1, keepdims=True)
    np.testing.assert_allclose(shifted, log_of(classifier.predict(x)), rtol=1e-4, atol=1e-4)
    check_gradients(classifier, x)


def check_gradients(classifier: Classifier, x: np.ndarray) -> None:
    assert classifier.logits is not None
    random = np.random.default_rng(1)
    cotangent = random.standard_normal((len(x), classifier.spec.classes))
    step = 1e-3 * random.standard_normal(x.shape).astype(np.float32)
    change = classifier.logits.predict(x + step) - classifier.logits.predict(x - step)
    found = 2 * (classifier.logits.vjp(x, cotangent) * step).sum(axis=(1, 2, 3))
    expected = (change * cotangent).sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=0.1, atol=0.02 * np.abs(expected).max())


@pytest.mark.parametrize("make", MAKERS)
def test_a_saturated_softmax_has_slopes_at_its_logits(
    make: Callable[[float], Any], x: np.ndarray
) -> None:
    classifier = load(make(3e3))
    assert classifier.vjp is not None
    assert classifier.logits is not None
    cotangent = np.eye(10)[np.arange(12) % 10]
    assert (classifier.vjp(x, cotangent) == 0).all()
    assert (classifier.logits.vjp(x, cotangent) != 0).any()
    chosen = classifier.predict(x).argmax(axis=1)
    np.testing.assert_array_equal(classifier.logits.predict(x).argmax(axis=1), chosen)


def test_a_sigmoid_over_one_number_has_logits_of_two_classes(x: np.ndarray) -> None:
    classifier = load(one_score("sigmoid"))
    assert classifier.logits is not None
    logits = classifier.logits.predict(x)
    assert (logits[:, 0] == 0).all()
    p = classifier.predict(x)[:, 1]
    np.testing.assert_allclose(logits[:, 1], np.log(p / (1 - p)), rtol=1e-3, atol=1e-4)
    check_gradients(classifier, x)


def test_logits_follow_the_weights_of_what_is_trained(x: np.ndarray, tmp_path: Path) -> None:
    seen = []

    def perturb(trainee: Classifier, inputs: np.ndarray, _labels: np.ndarray) -> np.ndarray:
        assert trainee.logits is not None
        logits = trainee.logits.predict(inputs)
        shifted = logits - logits.max(axis=1, keepdims=True)
        seen.append(logits)
        np.testing.assert_allclose(shifted, log_of(trainee.predict(inputs)), rtol=1e-3, atol=1e-4)
        return inputs

    classifier = load(save(nested(1.0), tmp_path / "model.keras"))
    assert classifier.train is not None
    plan = TrainPlan(epochs=2, batch_size=12, learning_rate=0.1, perturb=perturb)
    trained = classifier.train(x, np.arange(12) % 10, plan)
    assert np.abs(np.sort(seen[0], axis=0) - np.sort(seen[1], axis=0)).max() > 0.01
    assert trained.save is not None
    trained.save(tmp_path / "again.keras")
    np.testing.assert_allclose(
        load(tmp_path / "again.keras").predict(x), trained.predict(x), rtol=1e-5, atol=1e-6
    )


def test_models_that_end_otherwise_have_none(x: np.ndarray) -> None:
    assert load(small()).logits is None
    model = small()
    assert last_activation(model, 0) == "linear"
    model.add(layers.Rescaling(2.0))
    assert last_activation(model, 0) is None
    np.testing.assert_allclose(load(model).predict(x), scores(model, x), rtol=1e-4, atol=1e-5)
