"""Weights in HDF5 files of Keras 2: a group a layer, and in each an ordered list of names.

They are matched by what they are called, or else one by one in the order that Keras wrote
them in, and it is proved that nothing is left over: not in the file, not in the model.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras

from robaudit_keras.hdf5 import names_in
from robaudit_keras.keras_2.configuration import new_name

_ROLES = {
    "alpha",
    "beta",
    "bias",
    "depthwise_kernel",
    "embeddings",
    "gamma",
    "kernel",
    "mean",
    "moving_mean",
    "moving_variance",
    "pointwise_kernel",
    "recurrent_kernel",
    "variance",
}
"""What weights are called in layers of Keras' own: two that are called differently are not one."""


class MismatchError(ValueError):
    """Weights of a file that are not those of its model."""


@dataclass(frozen=True)
class _Place:
    """Where a weight goes: the variable, the layer that holds it, and what it is there."""

    variable: Any
    layer: str
    role: str


def fill_from_hdf5(model: Any, path: Path) -> None:
    """Give a model all weights of a file, each to the layer that it is of.

    Raises MismatchError where they are not all of those that the model has.
    """
    with h5py.File(path, "r") as file:
        _fill(model, file.get("model_weights", file))
    finish(model)


def _fill(model: Any, group: h5py.Group) -> None:
    stored = {
        new_name(name): weights
        for name in names_in(group, "layer_names")
        if (weights := _read(group[name], name))
    }
    if _read_if_there(group, "top_level_model_weights"):
        raise MismatchError("it holds weights that are of no layer")
    layers = {layer.name: layer for layer in model.layers if variables_of(layer)}
    if stored.keys() != layers.keys():
        if len(stored) != len(layers):
            raise MismatchError(
                f"it holds weights of {len(stored)} layers, and the model has {len(layers)}"
            )
        stored = dict(zip(layers, stored.values(), strict=True))
    for name, layer in layers.items():
        for place, dataset in _matched(stored[name], _places(layer), name):
            assign(place.variable, dataset, f"{place.role} of the layer {place.layer}")


def assign(variable: Any, dataset: h5py.Dataset, what: str) -> None:
    """Give a variable its value.

    Raises MismatchError for one of another shape.
    """
    if tuple(dataset.shape) != tuple(variable.shape):
        raise MismatchError(
            f"{what} has the shape {dataset.shape}, where the model has {tuple(variable.shape)}"
        )
    variable.assign(dataset[()])


def finish(model: Any) -> None:
    """Let layers derive what they compute with from the weights that they were given."""
    for layer in model._flatten_layers():  # noqa: SLF001 - the only way to those within others
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def _read_if_there(group: h5py.Group, name: str) -> Mapping[str, h5py.Dataset]:
    return _read(group[name], name) if name in group else {}


def _read(group: h5py.Group, layer: str) -> Mapping[str, h5py.Dataset]:
    """Find the weights of a layer by their names, in order."""
    found = {}
    for name in names_in(group, "weight_names"):
        dataset = group.get(name)
        if not isinstance(dataset, h5py.Dataset):
            raise MismatchError(f"the weights {name} of the layer {layer} are missing")
        if _role(name) != "StateVar":  # of random numbers
            found[name] = dataset
    return found


def _role(name: str) -> str:
    """Say what a weight is to its layer.

    >>> _role("block_1/depthwise_kernel:0"), _role("dense_1_1/kernel_1:0")
    ('depthwise_kernel', 'kernel')
    """
    return re.sub(r"(_\d+)?(:\d+)?$", "", name.rpartition("/")[2])


def variables_of(layer: Any) -> list[Any]:
    """List the weights of a layer as Keras writes them: those that can be trained come first."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _places(layer: Any) -> list[_Place]:
    inner = {id(place.variable): place for place in _inner_places(layer)}
    return [inner[id(variable)] for variable in variables_of(layer)]


def _inner_places(layer: Any) -> Iterable[_Place]:
    if isinstance(layer, keras.Model):
        return [place for inner in layer.layers for place in _inner_places(inner)]
    depthwise = isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D)
    return [
        _Place(
            variable,
            layer.name,
            "depthwise_kernel" if depthwise and variable.name == "kernel" else variable.name,
        )
        for variable in variables_of(layer)
    ]


def _matched(
    stored: Mapping[str, h5py.Dataset], places: list[_Place], layer: str
) -> list[tuple[_Place, h5py.Dataset]]:
    """Pair what a file holds of a layer with where it goes.

    Raises MismatchError where that is not certain.
    """
    if len(stored) != len(places):
        raise MismatchError(
            f"it holds {len(stored)} weights of the layer {layer}, which has {len(places)}"
        )
    names = _by_name(stored, places) or _in_order(stored, places, layer)
    return [(place, stored[name]) for place, name in zip(places, names, strict=True)]


def _by_name(stored: Mapping[str, Any], places: list[_Place]) -> list[str] | None:
    """Find the name that each place has, ``None`` where it is not exactly one.

    All of one layer are told apart by what they are, whatever the layer is called.
    """
    layers = {place.layer for place in places}
    named = {
        (part, _role(name)): name
        for name in stored
        for part in (layers if len(layers) == 1 else _owners(name))
    }
    names = [named.get((place.layer, place.role)) for place in places]
    found = [name for name in names if name is not None]
    return found if len(set(found)) == len(places) else None


def _owners(name: str) -> list[str]:
    """List what may be the layer that a weight is named after."""
    owner = name.rpartition("/")[0]
    return [*owner.split("/"), new_name(owner)]


def _in_order(stored: Mapping[str, Any], places: list[_Place], layer: str) -> list[str]:
    """Take the order for what it is: names of other layers, but of as many and the same kinds."""
    for name, place in zip(stored, places, strict=True):
        if _role(name) != place.role and {_role(name), place.role} <= _ROLES:
            raise MismatchError(
                f"it holds {name} of the layer {layer} where {place.role} of {place.layer} would be"
            )
    owners = {
        (name.rpartition("/")[0], place.layer) for name, place in zip(stored, places, strict=True)
    }
    if max(Counter(owner for _, owner in owners).values(), default=1) > 1:
        raise MismatchError(f"its weights of the layer {layer} are in another order")
    return list(stored)
