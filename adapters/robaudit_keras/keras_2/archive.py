"""Weights in `.keras` archives of Keras 2: numbered, in folders named after classes."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from robaudit_keras.keras_2.configuration import (
    MODELS,
    Config,
    class_of,
    layers_of,
    name_of,
    new_name,
)
from robaudit_keras.keras_2.weights import MismatchError, assign, finish, variables_of

_OF_TRAINING = ("optimizer", "metrics")
_FOLDERS = ("layers", "_layer_checkpoint_dependencies")


def fill_from_archive(model: Any, config: Config, path: Path) -> None:
    """Give a model all weights of an archive.

    Raises MismatchError where they are not all of those that the model has.
    """
    with opened_weights(path) as file:
        filled = sum(_fill(layer, group) for layer, group in _folders(model, config, file))
        stored = sum(_count(group) for name, group in file.items() if name not in _OF_TRAINING)
    if filled != stored:
        raise MismatchError(f"it holds {stored} weights, of which {filled} are of its layers")
    finish(model)


@contextmanager
def opened_weights(path: Path) -> Iterator[h5py.File]:
    """Open the weights of an archive, which was looked into before."""
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content, "r") as file:
        yield file


def _count(item: Any) -> int:
    if isinstance(item, h5py.Dataset):
        return 1
    return sum(_count(inner) for inner in item.values())


def _folders(model: Any, config: Config, group: h5py.Group) -> Iterator[tuple[Any, h5py.Group]]:
    """Pair layers that have weights with their folders, those of models within models too."""
    folder = next((group[name] for name in _FOLDERS if name in group), None)
    if folder is None:
        raise MismatchError("its weights lie where Keras 3 puts none")
    before: Counter[str] = Counter()
    for layer in layers_of(config):
        kind = _snake_case(class_of(layer))
        name = f"{kind}_{before[kind]}" if before[kind] else kind
        before[kind] += 1
        if class_of(layer) in MODELS:
            yield from _folders(model.get_layer(new_name(name_of(layer))), layer, folder[name])
        elif isinstance(item := folder.get(name), h5py.Group) and _arrays(item):
            yield model.get_layer(new_name(name_of(layer))), item


def _arrays(group: h5py.Group) -> list[h5py.Dataset]:
    """List the arrays of a layer in their order: they are called 0, 1, 2 and so on."""
    found: list[tuple[tuple[str, int], h5py.Dataset]] = []

    def note(name: str, item: Any) -> None:
        folder, _, number = name.rpartition("/")
        if isinstance(item, h5py.Dataset):
            found.append(((folder, int(number)), item))

    group.visititems(note)
    return [array for _, array in sorted(found, key=lambda pair: pair[0])]


def _fill(layer: Any, group: h5py.Group) -> int:
    arrays, variables = _arrays(group), variables_of(layer)
    if len(arrays) != len(variables):
        raise MismatchError(
            f"it holds {len(arrays)} weights of the layer {layer.name}, which has {len(variables)}"
        )
    for variable, array in zip(variables, arrays, strict=True):
        assign(variable, array, layer.name)
    return len(arrays)


def _snake_case(name: str) -> str:
    """Write a class as Keras 2 names folders.

    >>> [_snake_case(name) for name in ("DepthwiseConv2D", "ReLU", "TFOpLambda")]
    ['depthwise_conv2d', 're_lu', 'tf_op_lambda']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
