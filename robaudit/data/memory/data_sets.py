"""What gives images and labels one after the other: data sets, loaders, lists of pairs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from robaudit.data.array_names import IMAGE_WORDS, LABEL_WORDS, role_of
from robaudit.data.images import Loaded
from robaudit.data.labels import is_one_hot
from robaudit.data.memory.tensors import as_array, is_array, is_list, stack_of
from robaudit.data.stacks import Pixels, Stack
from robaudit.errors import DataError

_ITEM = "(image, label), one or a batch at a time"
_WRAPPERS = 8  # a loader of a subset of a subset of a data set


def is_data_set(value: object) -> bool:
    """Tell whether something gives items, one after the other or by their places."""
    by_place = hasattr(value, "__getitem__") and hasattr(value, "__len__")
    return not isinstance(value, type) and (isinstance(value, Iterable) or by_place)


def read_data_set(data: Any) -> Loaded:
    """Read what gives images, or (image, label), one or a batch at a time, to its end.

    Raises DataError for items that are neither.
    """
    items, batched = list(_items(data)), getattr(data, "batch_size", None) is not None
    if items and all(map(_holds_items, items)):  # batches that nobody put together
        items, batched = [item for batch in items for item in batch], False
    pairs = [_pair(item) for item in items]
    if not pairs:
        raise DataError("no images at all", expected=_ITEM)
    images, labels = zip(*pairs, strict=True)
    if len({label is None for label in labels}) > 1:
        raise DataError("labels for some images alone", expected=_ITEM)
    if batched or _are_batches(images[0], labels):
        pixels, notes = _stack_of_batches(images)
        own = None if labels[0] is None else _joined([as_array(one) for one in labels], "labels")
    else:
        pixels, notes = stack_of(images)
        own = None if labels[0] is None else as_array([as_array(one) for one in labels])
    return _named(Loaded(pixels, own, notes=notes), data)


def _items(data: Any) -> Iterator[Any]:
    if hasattr(data, "__iter__"):
        return iter(data)
    return (data[place] for place in range(len(data)))


def _holds_items(batch: Any) -> bool:
    return isinstance(batch, list) and all(isinstance(one, tuple | Mapping) for one in batch)


def _pair(item: Any) -> tuple[Any, Any]:
    """Tell image and label of an item; ``None`` for the label of one without."""
    if isinstance(item, Mapping):
        return _of_mapping(item)
    if not isinstance(item, tuple) and not (is_list(item) and any(map(is_array, item))):
        return item, None
    if len(item) not in (1, 2):
        raise DataError(f"items of {len(item)} parts", expected=_ITEM)
    return item[0], item[1] if len(item) == 2 else None


def _of_mapping(item: Mapping[Any, Any]) -> tuple[Any, Any]:
    images, labels = called(item, IMAGE_WORDS), called(item, LABEL_WORDS)
    if len(images) != 1 or len(labels) > 1:
        pair = [f"item[{(keys or ['...'])[0]!r}]" for keys in (images, labels)]
        raise DataError(
            f"items with the keys {', '.join(map(str, item))}",
            expected="one for the image and one for the label, by such names",
            advice=f"Give pairs instead: [({', '.join(pair)}) for item in data].",
        )
    return item[images[0]], item[labels[0]] if labels else None


def called(keys: Iterable[Any], words: set[str]) -> list[Any]:
    """List keys that have one of these words: as a whole, or else as a part of them."""
    roles = {key: role_of(str(key), words) for key in keys}
    whole = [key for key, role in roles.items() if role == ""]
    return whole or [key for key, role in roles.items() if role is not None]


def _are_batches(image: Any, labels: Sequence[Any]) -> bool:
    """Tell batches, of which ``image`` is the first, from single images.

    As many labels as there are rows make a batch, unless they are all of one image: one-hot.
    """
    if not is_array(image):
        return is_list(image) and not all(isinstance(one, int | float | list) for one in image)
    axes = len(image.shape)
    if labels[0] is None or axes == 4:
        return axes == 4
    rows = [as_array(label) for label in labels]
    if axes < 2 or not rows[0].ndim or len(rows[0]) != len(image) or len(image) == 1:
        return False
    return len({row.shape for row in rows}) > 1 or not is_one_hot(np.stack(rows))


def _stack_of_batches(batches: Sequence[Any]) -> tuple[Stack, tuple[str, ...]]:
    if all(map(is_list, batches)):
        return stack_of([image for batch in batches for image in batch])
    return _joined([as_array(batch) for batch in batches], "images"), ()


def _joined(parts: list[Pixels], what: str) -> Pixels:
    """Join batches, the last of which may be smaller."""
    shapes = {part.shape[1:] for part in parts}
    if len(shapes) > 1:
        some = " and ".join(map(str, sorted(shapes)[:2]))
        raise DataError(f"{what} of shapes {some}", expected=f"{what} of one shape")
    return np.concatenate(parts)


def _named(loaded: Loaded, data: Any) -> Loaded:
    """Add the names of classes of data that were made of folders, or that say what labels mean.

    A data set that changes its labels on the way may mean others by its names.
    """
    for _ in range(_WRAPPERS):
        names, by_alphabet = _names_of(data)
        if names is not None:
            break
        data = getattr(data, "dataset", None)
    labels = loaded.labels
    if names is None or labels is None or labels.dtype.kind not in "iu":
        return loaded
    if getattr(data, "target_transform", None) is not None or labels.max() >= len(names):
        return loaded
    return replace(loaded, class_names=names, by_alphabet=by_alphabet)


def _names_of(data: Any) -> tuple[tuple[str, ...] | None, bool]:
    """Give the names of the classes, and whether they were numbered by alphabet.

    Those of torchvision's own data sets say less than the numbers ("0 - zero").
    """
    if hasattr(data, "find_classes") and is_list(getattr(data, "classes", None)):
        return tuple(map(str, data.classes)), True
    features = getattr(data, "features", None)
    for key, feature in features.items() if isinstance(features, Mapping) else ():
        names = getattr(feature, "names", None)
        if role_of(str(key), LABEL_WORDS) == "" and is_list(names):
            return tuple(map(str, names)), False
    return None, False
