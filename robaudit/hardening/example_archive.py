"""Examples of one round on disk: what is read back is, bit for bit, what was written."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any, get_args

import numpy as np
import numpy.typing as npt

from robaudit.hardening.examples import ClassSelection, Examples
from robaudit.metrics.levels import Level
from robaudit.storage.checked_arrays import (
    finite_directions,
    integers,
    numbers,
    opened,
    require,
    settings_as_array,
)
from robaudit.storage.npz import Archive, write_archive

_KIND = "examples"
_INTEGERS = ("row", "direction", "sign", "label")
_NUMBERS = ("margin", "strength")


def write_examples(examples: Examples, file: IO[bytes]) -> None:
    """Write the examples of one round as an ``.npz`` archive, for `read_examples`.

    It holds the arrays of `Examples` as they are, ``robustness`` (C,) of each class, and
    as JSON the rest of what was chosen of each.
    """
    selections = [asdict(selection) for selection in examples.selections]
    robustness = np.array(
        [selection.pop("robustness") for selection in selections], dtype=np.float64
    )
    arrays: dict[str, npt.NDArray[Any]] = {
        "settings": settings_as_array(_KIND, {"clip": examples.clip, "selections": selections}),
        "robustness": robustness,
        **{name: getattr(examples, name) for name in (*_INTEGERS, *_NUMBERS, "directions")},
    }
    write_archive(file, arrays)


def read_examples(path: Path) -> Examples:
    """Read what `write_examples` wrote.

    Raises RecordError for a file that is missing, damaged, or does not fit together.
    """
    with opened(path, _KIND) as (arrays, settings):
        clip = settings["clip"]
        require(isinstance(clip, bool), "clip")
        selections = _selections(settings["selections"], arrays)
        count = arrays.shape_and_dtype("row")[0][:1]
        directions = finite_directions(arrays)
        limits = {
            "row": (0, None),
            "direction": (0, len(directions)),
            "sign": (-1, 2),
            "label": (0, len(selections)),
        }
        columns: dict[str, Any] = {
            name: integers(arrays, name, count, *limits[name]) for name in _INTEGERS
        }
        require(bool((columns["sign"] != 0).all()), "sign")
        sizes: dict[str, Any] = {name: numbers(arrays, name, count) for name in _NUMBERS}
        for name, values in sizes.items():
            require(bool((np.isfinite(values) & (values >= 0)).all()), name)
        require(
            sum(selection.examples for selection in selections) == count[0],
            "examples of each class",
        )
        return Examples(**columns, **sizes, directions=directions, clip=clip, selections=selections)


def _selections(given: Sequence[Mapping[str, Any]], arrays: Archive) -> tuple[ClassSelection, ...]:
    robustness = numbers(arrays, "robustness", (len(given),)).tolist()
    names = {field.name for field in fields(ClassSelection)} - {"robustness"}
    for number, selection in enumerate(given):
        require(set(selection) == names and selection["class_index"] == number, "classes")
        require(selection["level"] in (None, *get_args(Level)), "levels of classes")
        counts = [selection[name] for name in ("searched", "chosen", "examples")]
        require(all(type(each) is int and each >= 0 for each in counts), "what was chosen")
    return tuple(
        ClassSelection(**selection, robustness=value)
        for selection, value in zip(given, robustness, strict=True)
    )
