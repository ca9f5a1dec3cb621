"""States of training in Keras: what goes on from one comes to the same weights, bit for bit."""

from typing import Any

import keras
import numpy as np
import pytest

from robaudit import Classifier, TrainPlan, load
from tests.support.keras_networks import one_score, small
from tests.support.resumed import along_gradients, assert_resumes

LABELS = np.arange(12) % 10


def momentum() -> Any:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    return keras.optimizers.SGD(schedule, momentum=0.9, use_ema=True)


@pytest.mark.parametrize(("optimizer", "cut"), [(None, 1), (momentum, 3)])
def test_training_resumed_is_training_unbroken(optimizer: Any, cut: int, x: np.ndarray) -> None:
    """With batch normalisation, dropout, adversarial batches, a schedule and averaged weights."""
    plan = TrainPlan(
        epochs=2,
        batch_size=4,
        optimizer=optimizer and optimizer(),
        perturb=along_gradients,
    )
    assert_resumes(lambda: load(small()), x, LABELS, plan, [cut])


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_float16"])
def test_short_numbers_go_on_too(dtype: str, x: np.ndarray) -> None:
    """NumPy has no bfloat16; a mixed model scales its loss by a number that training moves."""

    def make() -> Classifier:
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(dtype)
        try:
            return load(one_score("sigmoid"))
        finally:
            keras.config.set_dtype_policy(before)

    assert_resumes(make, x, LABELS % 2, TrainPlan(epochs=2, batch_size=4), [2])
