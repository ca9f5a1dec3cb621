"""Images of what lies in memory: arrays, tensors, lists, pictures, data sets, and paths."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.data.array_names import choose_arrays
from robaudit.data.images import Images, Loaded, images_of
from robaudit.data.memory.data_sets import is_data_set, read_data_set
from robaudit.data.memory.tensors import as_array, is_array, is_list, is_picture_object, stack_of
from robaudit.errors import DataError, RobauditError, UsageError

_ACCEPTED = (
    "images as arrays, tensors or PIL images, (images, labels), a Dataset or DataLoader that "
    "gives (image, label), or the path of data"
)


def as_images(data: object, argument: str = "images") -> Images:
    """Make images of whatever stands for them in Python.

    That is `Images`, the path of data as for `read_images`, or what `images_from_arrays`
    takes. ``argument`` is what errors call it. Raises UsageError for anything else, and
    DataError for what holds no labelled images.
    """
    if isinstance(data, str | Path):
        return _read(data)
    return data if isinstance(data, Images) else _images(data, argument)


def images_from_arrays(
    x: object,
    y: object = None,
    *,
    pixel_range: tuple[float, float] | None = None,
    class_names: Sequence[str] | None = None,
) -> Images:
    """Make images of what lies in memory; see `arrange_pixels` for the shapes of arrays.

    ``x`` are arrays or tensors of images, also a list of them or of PIL images, a pair of
    images and labels, a data set or loader that gives (image, label), one or a batch at a
    time, or the path of data. ``y`` are the labels where ``x`` has none: numbers of
    classes, or names; ``class_names`` are the names in the order of the numbers.
    ``pixel_range`` is found from the pixels where it is not given.

    Raises UsageError for what is none of these and DataError for what holds no labelled
    images.
    """
    if isinstance(x, str | Path):
        x = _read(x, pixel_range)
    if isinstance(x, Images):
        pixel_range = pixel_range or x.pixel_range
    return _images(x, "x" if y is None else "x and y", y, pixel_range, class_names)


def _read(path: str | Path, pixel_range: tuple[float, float] | None = None) -> Images:
    # Pillow, which reading files needs, is imported when there is one.
    read_images = import_module("robaudit.data.files").read_images
    images: Images = read_images(path, pixel_range=pixel_range)
    return images


def _images(
    data: Any,
    argument: str,
    labels: Any = None,
    pixel_range: tuple[float, float] | None = None,
    class_names: Sequence[str] | None = None,
) -> Images:
    source, sha256 = "arrays", None
    if isinstance(data, Images):
        source, sha256 = data.source, data.sha256
    try:
        loaded = _load(data, argument)
        if labels is not None:
            loaded = replace(loaded, labels=as_array(labels))
        if class_names is not None:
            loaded = replace(loaded, class_names=tuple(class_names), by_alphabet=False)
        return images_of(loaded, source=source, sha256=sha256, pixel_range=pixel_range)
    except DataError as error:
        raise DataError(
            f"{argument}: {error.found}", expected=error.expected, advice=error.advice
        ) from error
    except (RobauditError, MemoryError):
        raise
    except Exception as error:  # a data set runs the code of whoever wrote it
        raise DataError(
            f"{argument} cannot be read ({type(error).__name__}: {error})", expected=_ACCEPTED
        ) from error


def _load(data: Any, argument: str) -> Loaded:
    if isinstance(data, Images):
        return Loaded(
            data.pixels, data.labels, data.class_names, data.split, data.by_alphabet, data.notes
        )
    if is_picture_object(data):
        data = [data]
    if isinstance(data, Mapping):
        return _load_named(data)
    if is_array(data):
        return Loaded(as_array(data))
    if _is_pair(data):
        images = _load(data[0], argument)
        return replace(images, labels=as_array(data[1]))
    if is_list(data) and not _holds_pairs(data):
        pixels, notes = stack_of(data)
        return Loaded(pixels, notes=notes)
    if isinstance(data, str | bytes) or not is_data_set(data):
        raise UsageError(f"{argument}: a value of type {type(data).__name__}", expected=_ACCEPTED)
    return read_data_set(data)


def _load_named(arrays: Mapping[str, Any]) -> Loaded:
    """Choose among arrays with names, as those of an archive."""
    found = {name: as_array(array) for name, array in arrays.items()}
    chosen = choose_arrays({name: array.shape for name, array in found.items()}, None)
    labels = None if chosen.labels is None else found[chosen.labels]
    return Loaded(found[chosen.images], labels, split=chosen.part, notes=chosen.notes)


def _is_pair(data: Any) -> bool:
    """Tell images and labels from a list of two images: labels have fewer axes."""
    if not is_list(data) or len(data) != 2 or not all(is_array(x) or is_list(x) for x in data):
        return False
    images, labels = map(_axes, data)
    column = images == labels == 2 and np.shape(data[1])[1] == 1 < np.shape(data[0])[1]
    return column or (labels <= 2 <= images and labels < images)


def _axes(value: Any) -> int:
    if is_picture_object(value):
        return 3
    if is_array(value):
        return len(value.shape)
    return 1 + _axes(value[0]) if is_list(value) and value else 0


def _holds_pairs(data: Sequence[Any]) -> bool:
    """Tell a list of (image, label) from one of images."""
    if isinstance(data, tuple) and data and all(map(_is_pair, data)):
        raise DataError(
            f"{len(data)} pairs of images and labels, as of training and testing",
            expected="one of them",
        )
    first = data[0] if data else None
    return isinstance(first, tuple | Mapping) or (is_list(first) and any(map(is_array, first)))
