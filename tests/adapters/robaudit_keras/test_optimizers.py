"""Optimizers of Keras models: schedules of two kinds, and losses that are scaled."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from robaudit import Classifier, TrainPlan, load
from robaudit.hardening.abilities import Cosine
from tests.support.keras_files import reopened
from tests.support.keras_networks import crossentropy, in_half_precision, linear
from tests.support.resumed import assert_resumes

X = np.random.default_rng(0).random((12, 4, 4, 1)).astype(np.float32)
Y = np.arange(12) % 3
DECAY = keras.optimizers.schedules.PiecewiseConstantDecay


def compiled(optimizer: Any) -> Classifier:
    keras.utils.set_random_seed(1)
    model = linear()
    model.compile(optimizer, crossentropy())
    return load(model)


def train(classifier: Classifier, **plan: Any) -> Classifier:
    assert classifier.train is not None
    return classifier.train(X, Y, TrainPlan(**{"epochs": 2, "batch_size": 4, **plan}))


def test_the_rate_that_a_schedule_left_is_not_kept(tmp_path: Path) -> None:
    """Neither in what was trained nor in what was shown, or put together, on the way."""
    classifier, shown = compiled(keras.optimizers.Adam(0.25)), []
    trained = train(classifier, schedule=Cosine(), after_epoch=lambda _, one: shown.append(one))
    assert trained.weights is not None
    put = trained.weights.put(trained.weights.take(), X)
    for one in (trained, *shown, put):
        assert float(reopened(one, tmp_path / "model.keras").optimizer.learning_rate) == 0.25
    again, once = train(trained, seed=1), train(classifier, seed=1)
    far = np.abs(again.predict(X) - trained.predict(X)).max()
    assert far > np.abs(once.predict(X) - classifier.predict(X)).max() / 2


def test_a_plans_schedule_multiplies_what_the_models_own_says(tmp_path: Path) -> None:
    """By a half: as if each of its rates were half as large. It keeps its own."""
    own, halved = (DECAY([2, 4], [0.5 * f, 0.25 * f, 0.0625 * f]) for f in (1, 0.5))
    trained = train(compiled(keras.optimizers.SGD(own)), schedule=lambda _share: 0.5)
    wanted = train(compiled(keras.optimizers.SGD(halved)))
    np.testing.assert_array_equal(trained.predict(X), wanted.predict(X))
    saved = reopened(trained, tmp_path / "model.keras").optimizer.get_config()
    assert saved["learning_rate"]["config"] == own.get_config()


@pytest.mark.parametrize(
    "plan", [{}, {"learning_rate": 0.125}, {"schedule": lambda share: 1 - share}]
)
def test_an_optimizer_that_scales_the_loss_does_what_it_scales_for(plan: dict[str, Any]) -> None:
    """Scaled by a power of two and back all is the same, bit for bit."""
    plain = keras.optimizers.SGD(0.5)
    scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    wanted, trained = (train(compiled(one), **plan) for one in (plain, scaling))
    np.testing.assert_array_equal(trained.predict(X), wanted.predict(X))
    assert trained.details["training"] == "SGD, sparse_categorical_crossentropy"


def test_an_optimizer_that_scales_the_loss_is_saved_each_time(tmp_path: Path) -> None:
    scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    trained = train(compiled(scaling), schedule=Cosine())
    for _ in range(2):
        saved = reopened(trained, tmp_path / "model.keras").optimizer
        assert float(saved.learning_rate) == 0.5


def test_a_training_with_a_scaled_loss_goes_on_where_it_was_cut_off() -> None:
    scaling = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(DECAY([3], [0.5, 0.25]), momentum=0.9), dynamic_growth_steps=2
    )
    plan = TrainPlan(epochs=2, batch_size=4, schedule=Cosine())
    assert_resumes(lambda: compiled(scaling), X, Y, plan, [1, 4])


def test_gradients_too_small_for_half_precision_are_not_lost() -> None:
    """The loss is that much smaller, the learning rate as much larger."""

    def small(labels: Any, scores: Any) -> Any:
        scores = keras.ops.cast(scores, "float32")
        return 1e-8 * keras.losses.sparse_categorical_crossentropy(labels, scores, True)

    classifier = load(in_half_precision())
    trained = train(classifier, optimizer=keras.optimizers.SGD(1e7), loss=small)
    assert np.abs(trained.predict(X) - classifier.predict(X)).max() > 0.01
    assert trained.details["training"] == "SGD, sparse_categorical_crossentropy"
