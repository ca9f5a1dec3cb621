"""Models of Keras 2 made anew in Keras 3, call by call as their configuration has them."""

from typing import Any

import keras

from robaudit_keras.keras_2.configuration import (
    MODELS,
    Config,
    UntranslatableError,
    class_of,
    label_of,
    layers_of,
    name_of,
    new_name,
    settings_of,
)
from robaudit_keras.keras_2.layers import dtype_name, make_layer
from robaudit_keras.keras_2.operations import CLASSES, apply

_CONSTANT = "_CONSTANT_VALUE"


def make_model(node: Config) -> Any:
    """Make a model, without its weights.

    Raises UntranslatableError for what Keras 3 has no equal for.
    """
    if class_of(node) == "Sequential":
        return _make_sequential(node)
    if class_of(node) in MODELS:
        return _Graph(node).model()
    raise UntranslatableError(
        f"the model is {label_of(node)}, a class of its maker's own", foreign=True
    )


def _make(node: Config) -> Any:
    return make_model(node) if class_of(node) in MODELS else make_layer(node)


def _make_sequential(node: Config) -> Any:
    layers = layers_of(node)
    start = [_make_input(layers[0])] if class_of(layers[0]) == "InputLayer" else []
    made = [_make(layer) for layer in layers[len(start) :]]
    if not start:
        shape = _first_shape(node, made)
        start = [] if shape is None else [keras.Input(batch_shape=shape)]
    return keras.Sequential([*start, *made], name=new_name(name_of(node)))


def _first_shape(node: Config, made: list[Any]) -> tuple[int | None, ...] | None:
    """Find the shape that a Sequential takes, where it does not begin with an input."""
    first = layers_of(node)[0]
    if class_of(first) in MODELS:
        inputs = made[0].inputs
        return tuple(inputs[0].shape) if inputs else None
    said = settings_of(first).get("batch_input_shape")
    if said is None and isinstance(node["config"], dict):
        said = node["config"].get("build_input_shape")
    return None if said is None else _free_batch(said)


def _free_batch(shape: Any) -> tuple[int | None, ...]:
    """Let a batch have any size: Keras 2 wrote the one that it happened to see, and minded none."""
    if not isinstance(shape, list) or len(shape) < 2:
        raise UntranslatableError(f"an input of shape {shape}")
    return (None, *shape[1:])


def _make_input(node: Config) -> Any:
    settings = settings_of(node)
    if settings.get("sparse") or settings.get("ragged"):
        raise UntranslatableError(f"{label_of(node)} takes sparse or ragged tensors")
    return keras.Input(
        batch_shape=_free_batch(settings.get("batch_input_shape", settings.get("batch_shape"))),
        dtype=dtype_name(settings.get("dtype")),
        name=new_name(name_of(node)),
    )


class _Graph:
    """A functional model while its layers are called."""

    def __init__(self, node: Config) -> None:
        self.node = node
        self.layers = {name_of(layer): layer for layer in layers_of(node)}
        self.made: dict[str, Any] = {}
        self.outputs: dict[tuple[str, int], list[Any]] = {}

    def model(self) -> Any:
        """Call every layer as often as it is called, each once what it takes is there."""
        waiting = [
            (name, number + self._first_number(name), call)
            for name, layer in self.layers.items()
            for number, call in enumerate(layer.get("inbound_nodes") or [[]])
        ]
        while waiting:
            ready = [call for call in waiting if self._is_ready(call[2])]
            if not ready:
                raise UntranslatableError(f"the layers of {name_of(self.node)} form a circle")
            for name, number, call in ready:
                self.outputs[name, number] = keras.tree.flatten(self._call(name, call))
            waiting = [call for call in waiting if (call[0], call[1]) not in self.outputs]
        config = settings_of(self.node)
        ends = [self._ends(config.get(key)) for key in ("input_layers", "output_layers")]
        return keras.Model(*ends, name=new_name(name_of(self.node)))

    def _first_number(self, name: str) -> int:
        """Tell the number of a layer's first call: a model counts its own making as the first."""
        return 1 if class_of(self.layers[name]) in MODELS else 0

    def _is_ready(self, part: Any) -> bool:
        if _is_reference(part):
            known = part[0] == _CONSTANT or (part[0], part[1]) in self.outputs
            return known and all(self._is_ready(other) for other in part[3:])
        parts = part.values() if isinstance(part, dict) else part
        return not isinstance(part, dict | list) or all(map(self._is_ready, parts))

    def _call(self, name: str, call: Any) -> Any:
        layer = self.layers[name]
        if class_of(layer) == "InputLayer":
            return _make_input(layer)
        inputs, others = self._tensors(call), self._other_arguments(call)
        if class_of(layer) in CLASSES:
            return apply(str(settings_of(layer).get("function")), inputs, others, new_name(name))
        self._check(others, layer)
        if name not in self.made:
            self.made[name] = _make(layer)
        inputs = inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs
        return self.made[name](inputs)

    def _tensors(self, call: Any) -> Any:
        """Give the first argument of a call: a tensor, a list of such, or a constant."""
        if _is_reference(call):
            name, number, index = call[:3]
            return index if name == _CONSTANT else self.outputs[name, number][index]
        if not isinstance(call, list):
            raise UntranslatableError(f"{name_of(self.node)} hands tensors on by name")
        return [self._tensors(part) for part in call]

    def _other_arguments(self, call: Any) -> dict[str, Any]:
        """Give what a call is given besides, with the tensors that this refers to."""
        if not _is_reference(call):
            return self._other_arguments(call[-1]) if call else {}
        return {
            key: self._tensors(value) if _is_reference(value) else value
            for key, value in (call[3] if len(call) > 3 else {}).items()
        }

    def _check(self, others: dict[str, Any], layer: Config) -> None:
        """Raise UntranslatableError for calls that Keras 3 takes otherwise."""
        for key, value in others.items():
            if key == "training" and value:
                # Keras 3 overrules this in inference, so that another model would be audited.
                raise UntranslatableError(f"{label_of(layer)} is called in training mode")
            if value not in (None, False):
                raise UntranslatableError(f"{label_of(layer)} is called with {key}")

    def _ends(self, references: Any) -> Any:
        """Give the inputs or outputs of the model itself."""
        found = self._tensors(references)
        return found[0] if isinstance(found, list) and len(found) == 1 else found


def _is_reference(part: Any) -> bool:
    """Tell whether a part of a configuration stands for a tensor: layer, call, output (, more)."""
    return (
        isinstance(part, list)
        and len(part) in (3, 4)
        and isinstance(part[0], str)
        and isinstance(part[1], int)
    )
