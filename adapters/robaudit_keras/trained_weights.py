"""The weights that training changes, out of a model and into a copy of it."""

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from robaudit.predicting import refuse_other_weights
from robaudit.types import FloatArray, NamedArrays
from robaudit_keras.backends import current_backend
from robaudit_keras.copying import copy_model, steady_chance
from robaudit_keras.modes import replaced
from robaudit_keras.network import Network
from robaudit_keras.quiet import quietly

_AT_A_TIME = 128


def take_weights(model: Any) -> NamedArrays:
    """Copy weights and statistics that are real numbers; half precision as single."""
    with quietly():
        return {
            name: np.array(keras.ops.convert_to_numpy(variable.value)).astype(
                _arrays_type(variable)
            )
            for name, variable in _weights(model)
        }


def with_weights(network: Network, arrays: NamedArrays, x: FloatArray) -> Network:
    """Copy a network with other weights, and statistics by passes over x (n, *shape).

    Raises ClassifierError for arrays of other names or shapes.
    """
    with quietly(), network.on_device():
        copy = replace(network, model=copy_model(network.model))
        own = dict(_weights(copy.model))
        refuse_other_weights(arrays, {name: tuple(one.shape) for name, one in own.items()})
        for name, variable in own.items():
            variable.assign(arrays[name])
        with steady_chance(0), current_backend().steady(0):
            _recompute_statistics(copy, x)
    return copy


def _weights(model: Any) -> Iterator[tuple[str, Any]]:
    """Give weights by numbers: their names need not differ, and are others in a copy."""
    for number, variable in enumerate(model.weights):
        if "float" in keras.backend.standardize_dtype(variable.dtype):
            yield str(number), variable


def _arrays_type(variable: Any) -> str:
    own = keras.backend.standardize_dtype(variable.dtype)
    return own if own == "float64" else "float32"


def _recompute_statistics(network: Network, x: FloatArray) -> None:
    """Give layers of batch normalisation the mean statistics of equal batches of x (n, *shape).

    Of a layer that is called more than once in a pass each call counts as a batch.
    """
    layers = [
        layer
        for layer in network.model._flatten_layers()  # noqa: SLF001 - layers of models within
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    with replaced(keras.layers.BatchNormalization, "call", _averaging()):
        for batch in np.array_split(x, math.ceil(len(x) / _AT_A_TIME)):
            network.model(keras.ops.convert_to_tensor(batch, network.dtype), training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def _averaging() -> Callable[..., Any]:
    """Call layers of batch normalisation such that statistics are the mean over their calls."""
    original = keras.layers.BatchNormalization.call
    calls: Counter[Any] = Counter()

    @functools.wraps(original)
    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        layer.momentum = calls[id(layer)] / (calls[id(layer)] + 1)
        calls[id(layer)] += 1
        return original(layer, *args, **kwargs)

    return call
