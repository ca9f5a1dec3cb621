"""Which of several outputs holds the scores."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import OpenOptions, TrainPlan, load
from robaudit.errors import NotAuditableError, UsageError


def heads(*sizes: tuple[int, ...]) -> Any:
    start = keras.Input((8, 8, 1))
    flat = layers.Flatten()(start)
    outputs = {}
    for index, size in enumerate(sizes):
        dense = layers.Dense(int(np.prod(size)))(flat)
        outputs[f"head_{index}"] = layers.Reshape(size, name=f"head_{index}")(dense)
    return keras.Model(start, outputs)


def test_one_output_among_several_is_chosen(x: np.ndarray) -> None:
    model = heads((8, 8, 1), (1, 1, 5))
    classifier = load(model)
    assert classifier.spec.classes == 5
    expected = model(x)["head_1"].numpy().reshape(12, 5)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5, atol=1e-6)
    assert classifier.train is not None
    y = np.arange(12) % 5
    trained = classifier.train(x, y, TrainPlan(epochs=100, learning_rate=0.01))
    before, after = ((one.predict(x).argmax(axis=1) == y).sum() for one in (classifier, trained))
    assert after > before
    assert trained.details["output_tensor"] == "head_1"


def test_a_choice_that_is_left_is_the_users() -> None:
    model = heads((4,), (5,))
    with pytest.raises(UsageError, match=r"output=.head_0"):
        load(model)
    assert load(model, OpenOptions(output="head_1")).spec.classes == 5
    with pytest.raises(UsageError, match="no output named head_9"):
        load(model, OpenOptions(output="head_9"))


def test_complex_scores_are_refused_by_name() -> None:
    model = heads((5,))
    scores = keras.ops.cast(model.output["head_0"], "complex64")
    with pytest.raises(NotAuditableError, match="of complex numbers"):
        load(keras.Model(model.input, scores))
