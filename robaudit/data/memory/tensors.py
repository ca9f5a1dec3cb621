"""Arrays and stacks of what lies in memory: tensors, pictures, lists of either, and paths.

They are known by what they can do, so that no framework is imported for them.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from robaudit.data.stacks import Pixels, Stack
from robaudit.errors import DataError


def is_array(value: object) -> TypeGuard[Any]:
    """Tell whether something is an array or a tensor, of NumPy or of any framework."""
    return hasattr(value, "__array__") and not is_picture_object(value)


def is_picture_object(value: object) -> bool:
    """Tell whether something is a picture of Pillow's."""
    return hasattr(value, "getexif") and hasattr(value, "convert")


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Tell whether something is a list, or a tuple, of anything."""
    return isinstance(value, list | tuple)


def as_array(value: Any) -> Pixels:
    """Make an array of an array, a tensor (on any device, with gradients or not), or numbers.

    Raises DataError for lists whose items do not fit together, and for what is no number.
    """
    for step in ("detach", "cpu"):
        value = getattr(value, step)() if hasattr(value, step) else value
    if str(getattr(value, "dtype", "")) == "torch.bfloat16":  # NumPy has no such type
        value = value.float()
    if is_list(value) and any(map(is_array, value)):
        return _stacked([as_array(item) for item in value])
    try:
        array: Pixels = np.asarray(value)
    except ValueError as error:
        raise DataError("lists of several lengths", expected="items of one shape") from error
    if array.dtype == np.object_ and not array.ndim:
        raise DataError(f"a value of type {type(value).__name__}", expected="an array, or numbers")
    if is_column(array) and len(array) and all(map(is_array, array)):
        return _stacked([as_array(item) for item in array])
    return array


def is_column(value: Any) -> bool:
    """Tell whether something is a row of Python objects, such as a column of a table."""
    return is_array(value) and str(getattr(value, "dtype", "")) == "object" and value.ndim == 1


def stack_of(items: Sequence[Any]) -> tuple[Stack, tuple[str, ...]]:
    """Make one stack of images that are pictures, paths of pictures, arrays or lists of numbers.

    Gives also what is to be said of the pictures. Those of Pillow's are taken as they are
    in memory, whatever their EXIF data say.
    """
    if not items:
        raise DataError("no images at all", expected="at least one")
    if all(isinstance(item, str | Path) or is_picture_object(item) for item in items):
        return _stack_of_pictures(items)
    return _stacked([as_array(item) for item in items]), ()


def _stack_of_pictures(items: Sequence[Any]) -> tuple[Stack, tuple[str, ...]]:
    # Pillow is imported when there are pictures.
    reader = import_module("robaudit.data.pictures.picture")
    stack = import_module("robaudit.data.pictures.stack")
    in_memory = is_picture_object(items[0])
    reading = reader.PictureReading(ignore_exif=in_memory)
    if not any(map(is_picture_object, items)):
        found: tuple[Stack, tuple[str, ...]] = stack.read_stack(list(map(Path, items)), reading)
        return found
    pictures = [
        reader.from_pillow(item, reading, f"picture {place}")
        if is_picture_object(item)
        else reader.read_picture(Path(item), reading)
        for place, item in enumerate(items)
    ]
    return stack.stack_pictures(pictures), stack.notes_on_pictures(pictures, reading)


def _stacked(arrays: Sequence[Pixels]) -> Pixels:
    first = arrays[0]
    kinds = {"i" if array.dtype.kind in "iu" else array.dtype.kind for array in arrays}
    if len(kinds) > 1:
        types = sorted({str(array.dtype) for array in arrays})
        raise DataError(f"images of types {', '.join(types)}", expected="one type")
    for place, array in enumerate(arrays):
        if array.shape != first.shape:
            raise DataError(
                f"images of shapes {first.shape} and {array.shape}, at places 0 and {place}",
                expected="images of one shape",
            )
    return np.stack(arrays)
