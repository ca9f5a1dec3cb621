"""Losses and optimizers of Keras 2."""

from typing import Any

import pytest

from robaudit_keras.keras_2.compiling import compile_as_saved
from tests.support.keras_networks import small

ADAM = {"class_name": "Adam", "config": {"learning_rate": 0.25, "decay": 0.0, "amsgrad": True}}
LOGITS = {
    "class_name": "SparseCategoricalCrossentropy",
    "config": {"reduction": "auto", "name": "mine", "from_logits": True},
}


@pytest.mark.parametrize("loss", [LOGITS, {"scores": LOGITS}, [LOGITS]])
def test_what_a_model_was_trained_with_is_kept(loss: Any) -> None:
    model = small()
    assert compile_as_saved(model, {"optimizer_config": ADAM, "loss": loss}) is None
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.optimizer.amsgrad
    assert model.loss.get_config()["from_logits"]


def test_early_words_and_later_ones_are_understood() -> None:
    model = small()
    early = {"class_name": "SGD", "config": {"lr": 0.5, "momentum": 0.25, "nesterov": False}}
    assert compile_as_saved(model, {"optimizer_config": early, "loss": "mse"}) is None
    assert float(model.optimizer.learning_rate) == 0.5
    rate = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.5}}
    rate["config"] |= {"decay_steps": 10, "decay_rate": 0.5, "staircase": True}  # type: ignore[operator]
    later = {"class_name": "Custom>RMSprop", "config": {"learning_rate": rate, "jit_compile": True}}
    assert compile_as_saved(model, {"optimizer_config": later, "loss": "mse"}) is None
    assert type(model.optimizer).__name__ == "RMSprop"


@pytest.mark.parametrize("loss", ["my_loss", {"class_name": "Mine", "config": {}}, None])
def test_a_loss_that_is_not_known_stops_nothing(loss: Any) -> None:
    why = compile_as_saved(small(), {"optimizer_config": ADAM, "loss": loss})
    assert why is not None
    assert "Error" in why
