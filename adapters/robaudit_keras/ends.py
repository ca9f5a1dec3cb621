"""What a model of Keras does last, and the same model without it."""

from typing import Any

import keras

_PASSING = ("Reshape", "Flatten", "Dropout")  # in inference, and for one vector an input
_SQUASHING = ("softmax", "sigmoid")


def last_activation(model: Any, output: int) -> str | None:
    """Name the function that an output of a model comes from: "softmax", "linear".

    ``None`` where that cannot be seen.
    """
    outputs = getattr(model, "outputs", None)
    return _activation_behind(outputs[output]) if outputs else None


def without_activation(model: Any, output: int) -> Any:
    """Make a model, of the same weights, that gives what a softmax or sigmoid is made of.

    ``None`` where an output does not end in one.
    """
    if last_activation(model, output) not in _SQUASHING:
        return None
    before = _before_activation(model.outputs[output])
    return None if before is None else keras.Model(model.inputs, before)


def _activation_behind(tensor: Any) -> str | None:
    operation, inputs, index = _origin(tensor)
    if isinstance(operation, keras.Model):
        return last_activation(operation, index)
    if _passes(operation):
        return _activation_behind(inputs[0])
    if type(operation).__name__.lower() in _SQUASHING:
        return type(operation).__name__.lower()
    name = getattr(getattr(operation, "activation", None), "__name__", None)
    return name if isinstance(name, str) and hasattr(keras.activations, name) else None


def _before_activation(tensor: Any) -> Any:
    operation, inputs, index = _origin(tensor)
    if isinstance(operation, keras.Model):
        inner = without_activation(operation, index)
        return None if inner is None else inner(inputs[0] if len(inputs) == 1 else inputs)
    if _passes(operation):
        return _before_activation(inputs[0])
    if type(operation).__name__.lower() in _SQUASHING or isinstance(
        operation, keras.layers.Activation
    ):
        return inputs[0]
    return _linear(operation)(inputs[0])


def _passes(operation: Any) -> bool:
    """Tell whether an operation hands scores on as they are, in another shape perhaps."""
    linear = getattr(operation, "activation", None) is keras.activations.linear
    return type(operation).__name__ in _PASSING or (
        linear and isinstance(operation, keras.layers.Activation)
    )


def _origin(tensor: Any) -> tuple[Any, list[Any], int]:
    """Give what computes a tensor, of which others, and as which of its outputs."""
    operation, node, index = tensor._keras_history  # noqa: SLF001 - where Keras keeps its graph
    inputs = operation._inbound_nodes[node].input_tensors  # noqa: SLF001
    return operation, list(inputs), index


def _linear(layer: Any) -> Any:
    """Make a layer of the same weights, now and later, that leaves its activation out."""
    twin = object.__new__(type(layer))
    vars(twin).update(vars(layer))
    twin.activation = keras.activations.linear
    twin._inbound_nodes, twin._outbound_nodes = [], []  # those that it has are the layer's own
    return twin
