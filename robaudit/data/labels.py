"""Labels of images, as arrays have them: numbers of classes, or their names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.data.stacks import Pixels
from robaudit.data.text import first_twice, plain_name, some_of
from robaudit.errors import DataError
from robaudit.types import IntArray


@dataclass(frozen=True)
class Labels:
    """Labels as numbers (n,), and what the classes are called where the data says it.

    ``numbers`` are ``None`` without labels. Label i is that of ``class_names[i]``; without
    names labels are the data's own numbers.
    ``by_alphabet`` says that the order of the names is no more than that of the alphabet.
    """

    numbers: IntArray | None
    class_names: tuple[str, ...] | None = None
    by_alphabet: bool = False


def number_labels(
    labels: Pixels,
    count: int,
    class_names: Sequence[str] | None = None,
    by_alphabet: bool = False,
) -> Labels:
    """Bring the labels of ``count`` images into numbers: (n,), (n, 1), one-hot (n, classes).

    ``class_names`` are those that the data has beside the labels, in their order. Names
    as labels are numbered in the order of these, else in alphabetical order; numbers that
    are written as text are numbers. -1 and 1, as two classes often have them, are names.

    Raises DataError for another shape, another number of labels, fractions, negative
    numbers, and what the names do not cover.
    """
    names = None if class_names is None else tuple(class_names)
    twice = first_twice(names or ())
    if twice is not None:
        raise DataError(f"class name {twice!r} twice", expected="a name for each class")
    labels = _one_an_image(_plain(labels), count)
    if labels.dtype.kind == "U":
        words = np.array([plain_name(word) for word in labels.tolist()])
        values = None if names and set(words.tolist()) <= set(names) else _as_numbers(words)
        if values is None:
            return _numbered_names(words, names, by_alphabet=by_alphabet)
        labels = values
    numbers = _whole(labels)
    if names is None and set(np.unique(numbers).tolist()) == {-1, 1}:
        return Labels((numbers + 1) // 2, ("-1", "1"))
    _refuse(numbers < 0, labels, "class numbers from 0")
    if names is not None:
        _refuse(numbers >= len(names), labels, f"numbers from 0 to {len(names) - 1}, of the names")
    return Labels(numbers, names, by_alphabet)


def _plain(labels: Pixels) -> Pixels:
    """Turn what stands for text, and Python's own numbers and texts, into plain arrays."""
    if labels.dtype.kind == "O":
        values = labels.ravel().tolist()
        kinds = {type(value).__name__ for value in values}
        if not kinds <= {"str", "bytes", "int", "float", "bool"} or len(kinds) > 1:
            raise DataError(
                f"labels that are Python objects ({', '.join(sorted(kinds))})",
                expected="class numbers, or names, throughout",
            )
        labels = np.array(values).reshape(labels.shape)
    if labels.dtype.kind == "S":
        return np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind == "T":
        return labels.astype(np.str_)
    if labels.dtype.kind not in "biufU":
        raise DataError(f"labels of type {labels.dtype}", expected="class numbers from 0, or names")
    return labels


def _one_an_image(labels: Pixels, count: int) -> Pixels:
    """Bring (n, 1) and one-hot labels into (n,)."""
    if is_one_hot(labels) and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    if labels.ndim > 1 and labels.size == count:
        labels = labels.reshape(-1)
    if labels.shape != (count,):
        raise DataError(
            f"labels of shape {labels.shape} for {count} images",
            expected=f"({count},), one label an image",
        )
    return labels


def is_one_hot(labels: Pixels) -> bool:
    """Tell whether labels are rows of zeros with a single one."""
    if labels.ndim != 2 or labels.dtype.kind not in "biuf":
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _as_numbers(words: Pixels) -> Pixels | None:
    """Read texts (n,) as numbers, where all of them are."""
    try:
        values: Pixels = words.astype(np.float64)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _numbered_names(words: Pixels, names: tuple[str, ...] | None, *, by_alphabet: bool) -> Labels:
    _refuse(words == "", words, "a class number or name for each image")
    if names is None:
        unique, numbers = np.unique(words, return_inverse=True)
        return Labels(numbers.astype(np.int64), tuple(unique.tolist()), by_alphabet=True)
    _refuse(~np.isin(words, names), words, f"class names: {some_of(names)}")
    places = {name: place for place, name in enumerate(names)}
    return Labels(np.array([places[word] for word in words.tolist()]), names, by_alphabet)


def _whole(labels: Pixels) -> IntArray:
    """Bring numbers (n,) into integers; refuse fractions and what is beyond counting."""
    with np.errstate(invalid="ignore"):
        possible = np.isfinite(labels) & (np.abs(labels.astype(np.float64)) < 2**31)
        whole = np.where(possible, labels, 0).astype(np.int64)
    _refuse(~possible | (whole != labels), labels, "class numbers from 0")
    return whole


def _refuse(wrong: Pixels, labels: Pixels, expected: str) -> None:
    """Raise DataError where any label is wrong, with the first that is."""
    if wrong.any():
        row = int(wrong.argmax())
        value = labels[row].item()
        raise DataError(f"label {value!r} at row {row}", expected=expected)
