"""Which output of a model is which class of the data: by name, by value, and else by place.

A model may say what it calls its outputs, data what they call their classes. Numbers among
these are matched by value, words by name. Where one side says nothing, a class stands at the
place of its number.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from robaudit.data.images import Images
from robaudit.errors import DataError
from robaudit.types import InputSpec, IntArray

_SHOWN = 5
_UNKNOWN = -1
_NAME_THEM = "Give the names of the model's outputs, in their order: `class_names`."
_SAY_SO = "Give the names of the model's outputs, in their order, with --class-names."


@dataclass(frozen=True)
class Matched:
    """Images whose labels are a model's outputs, its spec with the names of these, and notes.

    ``notes`` say what nobody said and had to be taken for granted.
    """

    images: Images
    spec: InputSpec
    notes: tuple[str, ...] = ()


def match_classes(images: Images, spec: InputSpec) -> Matched:
    """Give the classes of images the numbers of a model's outputs.

    Raises DataError for a class that the model does not know, and where nothing says which
    of the model's outputs the classes of the data are.
    """
    if images.labels is None:
        return Matched(images, spec)
    names = images.class_names
    numbers = None if names is None else _numbers(names)
    if names is None:
        matched = _by_number(images, spec, images.labels)
    elif numbers is not None:
        matched = _by_number(images, spec, np.array(numbers)[images.labels])
    else:
        matched = _by_name(images, spec, names)
    return replace(
        matched,
        images=replace(matched.images, class_names=matched.spec.class_names, by_alphabet=False),
    )


def _by_number(images: Images, spec: InputSpec, values: IntArray) -> Matched:
    """Match the numbers of classes (n,) with those that a model gives its outputs, or places."""
    outputs = None if spec.class_names is None else _numbers(spec.class_names)
    if outputs is not None:
        places = {number: place for place, number in enumerate(outputs)}
        unknown = sorted(set(values.tolist()) - places.keys())
        if unknown or len(places) < len(outputs):
            raise DataError(
                f"{images.source} has the class {_listed(unknown)}"
                if unknown
                else f"the model calls two outputs alike: {_listed(outputs)}",
                expected=f"classes of the model, which calls them {_listed(outputs)}",
                advice=_NAME_THEM,
            )
        labels = np.array([places[value] for value in values.tolist()], dtype=np.int64)
        return Matched(replace(images, labels=labels), spec)
    lowest, highest = int(values.min()), int(values.max())
    if highest < spec.classes:
        return Matched(replace(images, labels=values.astype(np.int64)), spec)
    own = values if images.class_names is None else np.array(_numbers(images.class_names))
    if np.array_equal(np.unique(own), np.arange(1, spec.classes + 1)):
        note = (
            f"The data numbers its classes from 1 to {spec.classes}, and the model has as many "
            "outputs: class 1 was taken for the first."
        )
        names = spec.class_names or tuple(map(str, range(1, spec.classes + 1)))
        images = replace(images, labels=values.astype(np.int64) - 1)
        return Matched(images, replace(spec, class_names=names), (note,))
    raise DataError(
        f"{images.source} has the class {highest}"
        if images.class_names
        else f"{images.source} has labels from {lowest} to {highest}",
        expected=f"labels from 0 to {spec.classes - 1}, for a model of {spec.classes} classes",
        advice="Is this the data of that model? If its outputs have other numbers, give them, in "
        "their order: `class_names`.",
    )


def _by_name(images: Images, spec: InputSpec, names: Sequence[str]) -> Matched:
    """Match the names of classes with those of a model's outputs, if it has any."""
    if spec.class_names is None:
        return _by_place(images, spec, names)
    present = np.flatnonzero(np.bincount(_labels(images), minlength=len(names))).tolist()
    outputs = np.full(len(names), _UNKNOWN)
    outputs[present] = [_output_named(names[place], spec.class_names) for place in present]
    unknown = [names[place] for place in present if outputs[place] == _UNKNOWN]
    if unknown and not images.by_alphabet and len(names) == spec.classes:
        # Their order is known, so that names may be written in another way.
        note = (
            f"The data calls a class {unknown[0]!r} and the model's output at its place "
            f"{spec.class_names[names.index(unknown[0])]!r}: classes were matched by their order."
        )
        return Matched(images, spec, (note,))
    if unknown:
        raise DataError(
            f"{images.source} has a class {unknown[0]!r}",
            expected=f"classes of the model: {_listed(spec.class_names)}",
            advice=_NAME_THEM,
        )
    return Matched(replace(images, labels=outputs[_labels(images)]), spec)


def _by_place(images: Images, spec: InputSpec, names: Sequence[str]) -> Matched:
    """Take the names of the data for those of a model that has none, in their order."""
    if len(names) == spec.classes:
        _check_numbers_among(images, names)
        note = (
            "Neither the model nor the data says which of its outputs is which class: the names "
            f"of the data were taken in alphabetical order ({_listed(names)}). {_SAY_SO}"
        )
        named = replace(spec, class_names=tuple(names))
        return Matched(images, named, (note,) if images.by_alphabet else ())
    found = f"{images.source} names {len(names)} classes ({_listed(names)})"
    if images.by_alphabet or len(names) > spec.classes:
        raise DataError(
            f"{found}, and the model has {spec.classes} outputs",
            expected="a class for each output, or the names of the model's outputs",
            advice=_NAME_THEM,
        )
    note = f"The data names {len(names)} classes, the model has {spec.classes}. {_SAY_SO}"
    return Matched(images, spec, (note,))


def _check_numbers_among(images: Images, names: Sequence[str]) -> None:
    """Refuse numbers among names whose alphabet would give them the places of other numbers."""
    numbered = [place for place, name in enumerate(names) if _numbers([name]) is not None]
    moved = [place for place in numbered if int(names[place]) != place]
    if images.by_alphabet and moved and len(numbered) > 1:
        words = [name for name in names if _numbers([name]) is None]
        raise DataError(
            f"{images.source} calls its classes by numbers, and {_listed(words)}: by alphabet "
            f"{names[moved[0]]} would be class {moved[0]}",
            expected="numbers throughout, or names throughout",
            advice=_NAME_THEM,
        )


def _labels(images: Images) -> IntArray:
    if images.labels is None:
        raise ValueError("images without labels have no classes to match")
    return images.labels


def _output_named(name: str, outputs: Sequence[str]) -> int:
    """Find the one output of a name, or else of the same words, or with it among several names.

    Raises DataError where there is more than one.
    """
    ways: tuple[Callable[[str], bool], ...] = (
        lambda own: own == name,
        lambda own: _words(own) == _words(name),
        lambda own: _words(name) in _words_within(own),
    )
    for alike in ways:
        places = [place for place, own in enumerate(outputs) if alike(own)]
        if len(places) > 1:
            raise DataError(
                f"the model calls outputs {_listed(places)} {outputs[places[0]]!r}",
                expected=f"one output of that name, for the class {name!r} of the data",
                advice=_NAME_THEM,
            )
        if places:
            return places[0]
    return _UNKNOWN


def _names_within(output: str) -> list[str]:
    """List the names that an output has together, as those of ImageNet do.

    >>> _names_within("n01440764 tench, Tinca tinca")
    ['n01440764', 'tench', 'Tinca tinca']
    """
    synset = re.match(r"n\d{8}(?=\s)", output)
    start = synset.end() if synset else 0
    return ([output[:start]] if synset else []) + [one.strip() for one in output[start:].split(",")]


@cache
def _words_within(output: str) -> frozenset[str]:
    return frozenset(map(_words, _names_within(output)))


@cache
def _words(name: str) -> str:
    """Write a name as folders and model files may both have it.

    >>> _words("Ankle_Boot") == _words("ankle boot") == _words("ankle-boot")
    True
    """
    composed = unicodedata.normalize("NFKC", name)  # macOS writes accents apart from letters
    return re.sub(r"[\W_]+", " ", composed).strip().casefold()


def _numbers(names: Sequence[str]) -> list[int] | None:
    """Read names that all are numbers of classes; ``None`` where one is not."""
    if not all(re.fullmatch(r"\d{1,15}", name, re.ASCII) for name in names):
        return None
    return [int(name) for name in names]


def _listed(classes: Sequence[object]) -> str:
    """List the first few of some names or numbers."""
    more = f", ... ({len(classes)} in all)" if len(classes) > _SHOWN else ""
    return ", ".join(map(str, classes[:_SHOWN])) + more
