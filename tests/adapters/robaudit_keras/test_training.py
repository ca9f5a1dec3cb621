"""Training models of Keras: with whose settings, what it shows, and what it leaves alone."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import Classifier, Images, SearchPlan, TrainPlan, load, scan
from robaudit.errors import ClassifierError
from tests.support.keras_files import reopened
from tests.support.keras_networks import calls_in_training, crossentropy, small, trained_on

LABELS = np.arange(12) % 10


def train(model: Any, x: np.ndarray, **plan: Any) -> Classifier:
    classifier = load(model)
    assert classifier.train is not None
    return classifier.train(x, LABELS, TrainPlan(**plan))


def test_opening_and_training_leave_the_global_random_numbers_alone(x: np.ndarray) -> None:
    import random as python_random

    model = small()
    keras.utils.set_random_seed(3)
    expected = python_random.random(), np.random.random()  # noqa: NPY002
    keras.utils.set_random_seed(3)
    classifier = load(model)
    assert classifier.train is not None
    classifier.train(x, np.arange(12) % 10, TrainPlan(seed=9))
    assert (python_random.random(), np.random.random()) == expected  # noqa: NPY002


def test_training_moves_the_statistics_and_an_audit_does_not(x: np.ndarray, digits: Images) -> None:
    classifier = load(small())
    assert classifier.train is not None
    assert classifier.save is not None
    before = classifier.predict(x)
    scan(classifier, digits, plan=SearchPlan(20, 4, steps=5))
    np.testing.assert_array_equal(classifier.predict(x), before)
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan(learning_rate=1e-9))
    gap = np.abs(trained.predict(x) - before).max()
    assert gap > 1e-3  # the weights have hardly moved: these are the statistics


def test_training_keeps_a_models_own_optimizer_and_loss(x: np.ndarray, tmp_path: Path) -> None:
    optimizer = keras.optimizers.SGD(0.25, momentum=0.5)
    classifier = load(trained_on(x, optimizer=optimizer))
    assert classifier.details["training"] == "SGD, sparse_categorical_crossentropy"
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan())
    assert trained.save is not None
    trained.save(tmp_path / "model.keras")
    saved = keras.saving.load_model(tmp_path / "model.keras")
    assert saved.optimizer.get_config() == optimizer.get_config()
    assert saved.loss.get_config() == crossentropy().get_config()


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mse", "kl_divergence"])
def test_a_loss_that_compares_with_one_hot_rows_gets_them(loss: str, x: np.ndarray) -> None:
    model = small()
    model = keras.Model(model.inputs, layers.Softmax()(model.outputs[0]))
    model.compile("adam", loss)
    classifier, y = load(model), np.arange(12) % 10
    assert classifier.details["training"] == f"Adam, {keras.losses.get(loss).__name__}"
    assert classifier.train is not None
    trained = classifier.train(x, y, TrainPlan(epochs=60, learning_rate=0.01))
    right = trained.predict(x)[np.arange(12), y].mean()
    assert right > classifier.predict(x)[np.arange(12), y].mean() + 0.2


def test_a_loss_of_a_users_own_is_not_guessed_at() -> None:
    model = small()
    model.compile(keras.optimizers.SGD(0.1), lambda _true, scores: scores)
    assert load(model).details["training"] == "SGD, sparse_categorical_crossentropy"
    assert load(small()).details["training"] == "Adam, sparse_categorical_crossentropy"


def test_the_learning_rate_of_a_plan_comes_before_the_models(x: np.ndarray) -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)
    classifier = load(trained_on(x, optimizer=keras.optimizers.SGD(schedule)))
    assert classifier.train is not None
    y = np.arange(12) % 10
    still, slow, moved = (
        classifier.train(x, y, TrainPlan(learning_rate=rate)).predict(x)
        for rate in (1e-12, 2e-12, None)
    )
    np.testing.assert_allclose(still, slow, atol=1e-5)
    assert np.abs(moved - still).max() > 0.1


def test_a_default_of_a_plan_is_for_models_without_an_optimizer_alone(
    x: np.ndarray, tmp_path: Path
) -> None:
    def rate_of(model: Any, **given: Any) -> float:
        saved = reopened(train(model, x, **given), tmp_path / "model.keras")
        return float(saved.optimizer.get_config()["learning_rate"])

    own = trained_on(x, optimizer=keras.optimizers.SGD(0.25))
    assert rate_of(own, default_learning_rate=0.125) == 0.25
    assert rate_of(small(), default_learning_rate=0.125) == 0.125
    assert rate_of(small(), default_learning_rate=0.125, learning_rate=0.5) == 0.5
    assert rate_of(small(), default_learning_rate=0.125, optimizer="sgd") == pytest.approx(0.01)


def with_softmax() -> Any:
    model = small()
    return keras.Model(model.inputs, layers.Softmax()(model.outputs[0]))


@pytest.mark.parametrize("compiled", [True, False])
def test_the_settings_of_a_plan_come_before_the_models(
    compiled: bool, x: np.ndarray, tmp_path: Path
) -> None:
    model = trained_on(x) if compiled else small()
    optimizer, loss = keras.optimizers.SGD(0.25, momentum=0.5), "categorical_crossentropy"
    trained = train(model, x, optimizer=optimizer, loss=loss, learning_rate=0.125)
    assert trained.details["training"] == "SGD, categorical_crossentropy"
    saved = reopened(trained, tmp_path / "model.keras")
    assert saved.optimizer.get_config() == {**optimizer.get_config(), "learning_rate": 0.125}
    assert saved.loss == loss
    named = train(model, x, optimizer="adagrad")
    assert named.details["training"] == "Adagrad, sparse_categorical_crossentropy"


def test_an_optimizer_is_copied_and_not_used_up(x: np.ndarray) -> None:
    optimizer = keras.optimizers.Adam(0.01)
    first, second = (train(small(), x, optimizer=optimizer).predict(x) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not optimizer.built
    assert int(optimizer.iterations) == 0


def test_a_loss_of_the_plan_gets_labels_as_the_models_own_would(x: np.ndarray) -> None:
    for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy"):
        trained = train(with_softmax(), x, loss=loss, epochs=60, learning_rate=0.01)
        right = (trained.predict(x).argmax(axis=1) == LABELS).mean()
        assert right > 0.6, loss


def test_a_loss_of_a_users_own_gets_labels_and_scores(x: np.ndarray, tmp_path: Path) -> None:
    """It descends the squared distance to a target: the scores go there."""
    shown: list[Classifier] = []
    seen = []

    def squares(labels: Any, scores: Any) -> Any:
        seen.append((labels.shape, scores.shape))
        target = keras.ops.one_hot(keras.ops.cast(labels, "int32"), 10) * 7.0
        return keras.ops.mean((scores - keras.ops.reshape(target, (-1, 10))) ** 2, axis=-1)

    start = keras.Input((8, 8, 1))
    linear = keras.Model(start, layers.Dense(10)(layers.Flatten()(start)))
    plan = {"epochs": 400, "batch_size": 12, "learning_rate": 0.02}
    trained = train(linear, x, loss=squares, optimizer="adam", **plan)
    train(linear, x, loss=squares, after_epoch=lambda _, one: shown.append(one))
    np.testing.assert_allclose(trained.predict(x), 7 * np.eye(10)[LABELS], atol=0.1)
    assert {shapes[1][-1] for shapes in seen} == {10}
    # No file can hold the loss: one that Keras knows is in its place.
    for one in (trained, *shown):
        assert one.details["training"] == "Adam, sparse_categorical_crossentropy"
        assert reopened(one, tmp_path / "model.keras").loss.from_logits


def test_an_epoch_is_shown_as_training_that_ends_there_leaves_it(x: np.ndarray) -> None:
    model, shown = trained_on(x), []
    train(model, x, epochs=3, batch_size=5, after_epoch=lambda _, one: shown.append(one))
    short = train(model, x, epochs=2, batch_size=5)
    np.testing.assert_allclose(shown[1].predict(x), short.predict(x), rtol=1e-5, atol=1e-6)
    assert shown[1].fingerprint == short.fingerprint
    assert len({one.fingerprint for one in shown}) == 3
    assert shown[1].details == short.details


def test_what_perturb_sees_is_in_evaluation_mode(x: np.ndarray) -> None:
    """Asking it neither draws from dropout nor moves the statistics."""
    same = []

    def perturb(trainee: Classifier, inputs: np.ndarray, _labels: np.ndarray) -> np.ndarray:
        same.append(np.array_equal(trainee.predict(inputs), trainee.predict(inputs)))
        return inputs.astype(np.float64)

    asked = train(small(), x, epochs=2, batch_size=5, perturb=perturb)
    assert same == [True] * 6
    plain = train(small(), x, epochs=2, batch_size=5)
    np.testing.assert_array_equal(asked.predict(x), plain.predict(x))


def test_steps_are_traced_once_and_not_each_time() -> None:
    assert calls_in_training(2) == calls_in_training(5)


def test_training_that_cannot_be_is_refused(x: np.ndarray) -> None:
    frozen = small()
    frozen.trainable = False
    with pytest.raises(ClassifierError, match="without trainable weights"):
        train(frozen, x)
    with pytest.raises(ClassifierError, match="not finite"):
        train(small(), x, optimizer="sgd", learning_rate=1e38, epochs=3)
    with pytest.raises(ClassifierError, match="no_such_optimizer"):
        train(small(), x, optimizer="no_such_optimizer")
