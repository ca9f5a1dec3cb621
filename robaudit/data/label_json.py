"""Labels as JSON: by name of picture, as a list under a name, or as one object a picture."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from robaudit.data.label_columns import LABEL_HEADS, NAME_HEADS, choose_columns
from robaudit.data.label_text import LabelFile, label_file
from robaudit.data.text import some_of
from robaudit.errors import DataError

_EXPECTED = (
    "a list of labels, an object of labels by name of picture, or objects with a label, and a "
    "name where there are pictures"
)


def parse_json_labels(text: str) -> LabelFile | None:
    """Read the labels in JSON objects, one or one a line; ``None`` for what holds none.

    Raises DataError for objects in which it is not clear what the labels are.
    """
    found = _objects(text)
    if isinstance(found, dict):
        frame = _frame(found)
        if frame is not None:
            return _columns(frame)
        called = {key: value for key, value in found.items() if isinstance(value, list)}
        return _columns(called) if called else _labels(list(found.values()), list(found))
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return None
    keys = set(found[0])
    if not all(isinstance(one, dict) and keys == set(one) for one in found):
        raise DataError("JSON objects with other names than the first has", expected=_EXPECTED)
    return _columns({key: [one[key] for one in found] for key in found[0]})


def _objects(text: str) -> Any:
    """Read JSON, or an object a line as JSON; ``None`` for other texts."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return None
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    with suppress(ValueError, RecursionError):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return None


def _frame(found: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """Read columns of values by row, or rows of values by column, as pandas writes tables."""
    columns = list(found.values())
    if not columns or not all(isinstance(column, dict) and column for column in columns):
        return None
    rows = list(columns[0])
    if any(list(column) != rows for column in columns):
        return None
    if any(row.lower() in LABEL_HEADS for row in rows):  # an object a picture, by its name
        return {"name": list(found), **{head: [one[head] for one in columns] for head in rows}}
    return {"index": rows, **{head: list(column.values()) for head, column in found.items()}}


def _columns(columns: Mapping[str, Sequence[Any]]) -> LabelFile:
    """Choose the column of labels, by its name, and those of names, of pictures and of classes."""
    count = max(map(len, columns.values()))
    for head, column in columns.items():
        if head.lower() in NAME_HEADS and len(column) != count:
            raise DataError(f"{len(column)} names for {count} labels", expected=_EXPECTED)
    columns = {head: column for head, column in columns.items() if len(column) == count}
    heads, cells = list(columns), [list(map(str, column)) for column in columns.values()]
    chosen = choose_columns(heads, cells)
    if chosen is None or heads[chosen.labels].lower() not in LABEL_HEADS:
        raise DataError(f"JSON objects of {some_of(columns)}", expected=_EXPECTED)
    return label_file(_labels(columns[heads[chosen.labels]], None).values, cells, chosen)


def _labels(values: Sequence[Any], names: Sequence[Any] | None) -> LabelFile:
    strange = [value for value in values if not isinstance(value, str | int | float)]
    if not values:
        raise DataError("JSON without labels", expected=_EXPECTED)
    if strange or len({isinstance(value, str) for value in values}) != 1:
        shown = f"{strange[0]!r:.60}" if strange else "numbers and names"
        raise DataError(
            f"JSON with {shown} for labels",
            expected="class numbers throughout, or names throughout",
        )
    if names is not None and len(names) != len(values):
        raise DataError(f"{len(names)} names for {len(values)} labels", expected=_EXPECTED)
    return LabelFile(np.array(values), None if names is None else tuple(map(str, names)))
