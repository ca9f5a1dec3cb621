"""Images of what lies in memory: arrays, tensors, lists, pictures, data sets, and paths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.data.array_names import IMAGE_WORDS, LABEL_WORDS, choose_arrays, parts_of
from robaudit.data.images import Images, Loaded, images_of
from robaudit.data.memory.data_sets import called, is_data_set, read_data_set
from robaudit.data.memory.tensors import (
    as_array,
    is_array,
    is_column,
    is_list,
    is_picture_object,
    stack_of,
)
from robaudit.data.parts import PART_WORDS, choose_part, find_part, usual_part
from robaudit.errors import DataError, RobauditError, UsageError

_ACCEPTED = (
    "images as arrays, tensors or PIL images, (images, labels), a Dataset or DataLoader that "
    "gives (image, label), or the path of data"
)

_SWAPPED = DataError("labels, and then images", expected="(images, labels), in this order")


def as_images(data: object, argument: str = "images") -> Images:
    """Make images of whatever stands for them in Python.

    That is `Images`, the path of data as for `read_images`, or what `images_from_arrays`
    takes. ``argument`` is what errors call it; of data in parts, "train" is the part for
    training. Raises UsageError for anything else, and DataError for what holds no labelled
    images.
    """
    if isinstance(data, str | Path):
        return _read(data, argument)
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
        x = _read(x, "x", pixel_range)
    if isinstance(x, Images):
        pixel_range = pixel_range or x.pixel_range
    return _images(x, "x" if y is None else "x and y", y, pixel_range, class_names)


def _read(
    path: str | Path, argument: str, pixel_range: tuple[float, float] | None = None
) -> Images:
    # Pillow, which reading files needs, is imported when there is one.
    files = import_module("robaudit.data.files")
    split = _part_for(argument, files.split_names(Path(path)))
    images: Images = files.read_images(path, split=split, pixel_range=pixel_range)
    return images


def _part_for(argument: str, parts: Iterable[str]) -> str | None:
    """Name the part of data that an argument asks for by its name; ``None`` for the usual."""
    return find_part(parts, argument) if argument == "train" else None


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
        if labels is not None and _is_pair((labels, data)):
            raise _SWAPPED
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
    if is_column(data):
        data = list(data)
    if isinstance(data, Mapping) or _is_table(data):
        return (_load_table if _is_table(data) else _load_named)(data, argument)
    if is_array(data):
        return Loaded(as_array(data))
    if is_list(data) and _is_pair(data[::-1]):
        raise _SWAPPED
    if _is_pair(data):
        images = _load(data[0], argument)
        return replace(images, labels=as_array(data[1]))
    if is_list(data) and not _holds_pairs(data):
        pixels, notes = stack_of(data)
        return Loaded(pixels, notes=notes)
    if isinstance(data, str | bytes) or not is_data_set(data):
        raise UsageError(f"{argument}: a value of type {type(data).__name__}", expected=_ACCEPTED)
    return read_data_set(data)


def _load_named(held: Mapping[Any, Any], argument: str) -> Loaded:
    """Choose among arrays with names, as those of an archive, or among parts of a data set."""
    parts = {usual_part(str(key).lower()): value for key, value in held.items()}
    if parts.keys() & PART_WORDS.keys() and all(map(_is_whole, held.values())):
        part, notes = choose_part(set(parts), _part_for(argument, parts))
        if part is None:
            raise DataError(
                f"the parts {', '.join(map(str, held))}",
                expected="one of them",
                advice=f"Give it alone, as data[{next(iter(held))!r}].",
            )
        loaded = _load(parts[part], argument)
        return replace(loaded, split=part, notes=(*notes, *loaded.notes))
    found = {str(name): as_array(array) for name, array in held.items()}
    shapes = {name: array.shape for name, array in found.items()}
    try:
        chosen = choose_arrays(shapes, _part_for(argument, parts_of(shapes)))
    except DataError as error:
        advice = "Give the two that are meant as a pair: (images, labels)."
        raise DataError(error.found, expected=error.expected, advice=advice) from error
    labels = None if chosen.labels is None else found[chosen.labels]
    return Loaded(found[chosen.images], labels, split=chosen.part, notes=chosen.notes)


def _is_whole(value: Any) -> bool:
    """Tell a data set, or images and labels, from one of the two."""
    return _is_pair(value) or (is_data_set(value) and not (is_array(value) or is_list(value)))


def _is_table(data: Any) -> bool:
    return hasattr(data, "columns") and hasattr(data, "iloc")


def _load_table(table: Any, argument: str) -> Loaded:
    """Read a table of pandas': a column of labels, and one of images or one for each pixel."""
    labels = called(table.columns, LABEL_WORDS)
    if len(labels) != 1:
        return Loaded(as_array(table))
    images = called(table.columns, IMAGE_WORDS)
    pixels = table[images[0]] if len(images) == 1 else table.drop(columns=labels)
    return replace(_load(pixels, argument), labels=as_array(table[labels[0]]))


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
    if is_column(value) and len(value):
        return 1 + _axes(np.asarray(value)[0])
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
