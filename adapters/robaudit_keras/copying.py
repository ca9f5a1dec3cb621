"""Copying a model of Keras, so that what becomes of the one does not touch the other."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import keras
import numpy as np

from robaudit.errors import UsageError
from robaudit_keras.optimizers import copy_optimizer
from robaudit_keras.quiet import serializing


def copy_model(model: Any) -> Any:
    """Copy a model with its weights, loss and optimizer; the model stays as it is.

    The optimizer begins afresh, and metrics are left out. Raises UsageError for a
    model that cannot be made a second time.
    """
    try:
        with serializing(), steady_chance(0):
            copy = _without_weights(model)
            _copy_weights(model, copy)
            if model.compiled and model.optimizer is not None:
                copy.compile(optimizer=copy_optimizer(model.optimizer), loss=model.loss)
    except Exception as error:
        raise UsageError(
            f"the model {model.name} cannot be copied ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]})",
            expected="a model that Keras can make again from its configuration",
            advice="Give its own classes a get_config and register them with "
            "keras.saving.register_keras_serializable, or audit a function: "
            "robaudit.Classifier(name, spec, predict).",
        ) from error
    return copy


def _without_weights(model: Any) -> Any:
    kind = type(model)
    if kind is keras.Sequential:
        source = model.inputs[0]
        start = keras.Input(batch_shape=source.shape, dtype=source.dtype, name=source.name)
        return keras.Sequential([start, *map(_copy_layer, model.layers)], name=model.name)
    if kind.__module__.startswith("keras."):
        # A bare view of the same layers: cloning what is compiled would compile the clone.
        view = keras.Model(model.input, model.output, name=model.name)
        return keras.models.clone_model(view, clone_function=_copy_layer)
    with keras.saving.custom_object_scope(_functions_of(model)):
        copy = kind.from_config(model.get_config())
    if not copy.built:
        copy.build_from_config(model.get_build_config())
        copy.built = True  # as Keras has it when it loads one; missing weights are found below
    return copy


def _copy_layer(layer: Any) -> Any:
    if isinstance(layer, keras.Model) and type(layer).__module__.startswith("keras."):
        return _without_weights(layer)
    if isinstance(layer, keras.layers.Lambda):
        # Its own way of copying goes by the code of the function, without what that refers to.
        config = layer.get_config()
        output_shape = config.get("output_shape")
        return keras.layers.Lambda(
            layer.function,
            output_shape=None if isinstance(output_shape, dict) else output_shape,
            mask=layer.mask,
            arguments=layer.arguments,
            name=layer.name,
            dtype=layer.dtype_policy,
        )
    with keras.saving.custom_object_scope(_functions_of(layer)):
        return type(layer).from_config(layer.get_config())


def _functions_of(layer: Any) -> dict[str, Any]:
    """Find functions that a layer was given, such as an activation of a user's own."""
    return {
        value.__name__: value for value in vars(layer).values() if isinstance(value, FunctionType)
    }


def _copy_weights(model: Any, copy: Any) -> None:
    """Copy all that layers would save: some derive more from it than their weights are."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.weights.h5")
        model.save_weights(file)
        copy.load_weights(file)
    pairs = zip(model.get_weights(), copy.get_weights(), strict=True)
    if not all(np.array_equal(source, other, equal_nan=True) for source, other in pairs):
        raise ValueError("its weights differ after copying")


@contextmanager
def steady_chance(seed: int) -> Iterator[None]:
    """Seed Python's and NumPy's own random numbers inside, and leave them as they were.

    Keras draws the seeds of new layers from them.
    """
    before, numbers = random.getstate(), np.random.get_state()  # noqa: NPY002 - what Keras uses
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numbers)  # noqa: NPY002
