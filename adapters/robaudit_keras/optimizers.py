"""Optimizers of Keras: copies of their settings, and their learning rates."""

from collections.abc import Callable
from typing import Any

import keras

_HALF = "mixed_float16"


def copy_optimizer(optimizer: Any, learning_rate: float | None = None) -> Any:
    """Copy an optimizer's settings, perhaps with another learning rate, and not its state."""
    config = optimizer.get_config()
    if learning_rate is not None:
        inner = config
        while "inner_optimizer" in inner:
            inner = inner["inner_optimizer"]["config"]
        inner["learning_rate"] = learning_rate
    return type(optimizer).from_config(config)


def optimizer_name(optimizer: Any) -> str:
    """Name the kind of an optimizer, whatever scales its loss."""
    return type(_inner(optimizer)).__name__


def scaled(optimizer: Any, model: Any) -> Any:
    """Let an optimizer scale the loss of a model that computes in half precision.

    Gradients are too small for that otherwise. Keras does so only for a model that was made
    while half precision was the policy for all, which no copy or file of it remembers.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) or not any(
        layer.dtype_policy.name == _HALF
        for layer in model._flatten_layers()  # noqa: SLF001 - layers of models within
    ):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def build_once(optimizer: Any, model: Any) -> None:
    """Make the variables of a model's optimizer: one that scales the loss makes more each time."""
    if not optimizer.built:
        optimizer.build(model.trainable_variables)


def steered(optimizer: Any) -> tuple[Any, Callable[[float], None]]:
    """Copy an optimizer, and give what sets the learning rate of that to a multiple of its own.

    Where its own follows a schedule, that is a multiple of what this says of the step.
    """
    rate_at, copy = _own_rate(optimizer), copy_optimizer(optimizer, 1.0)

    def set_rate(factor: float) -> None:
        copy.learning_rate = factor * rate_at(copy.iterations)

    return copy, set_rate


def _own_rate(optimizer: Any) -> Callable[[Any], float]:
    """Give the learning rate by the number of the step, as the settings of an optimizer say it."""
    rate = _inner(optimizer).get_config()["learning_rate"]
    if not isinstance(rate, dict):
        return lambda _step: float(rate)
    own = keras.saving.deserialize_keras_object(rate)
    if isinstance(own, keras.optimizers.schedules.LearningRateSchedule):
        return lambda step: float(keras.ops.convert_to_numpy(own(step)))
    return lambda _step: float(own())


def _inner(optimizer: Any) -> Any:
    """Give the optimizer that takes the steps: those around it scale the loss."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer
