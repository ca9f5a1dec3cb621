"""Records as plain values, and as JSON."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np


def as_plain(record: msgspec.Struct) -> Any:
    """Turn a record into dicts, lists and plain values, as JSON has them."""
    return _without_empty_reasons(msgspec.to_builtins(record, enc_hook=_plain_number))


def _without_empty_reasons(value: Any) -> Any:
    """Leave out why an estimate has no interval where it has one."""
    if isinstance(value, dict):
        return {
            key: _without_empty_reasons(item)
            for key, item in value.items()
            if key != "reason" or item is not None
        }
    return [_without_empty_reasons(item) for item in value] if isinstance(value, list) else value


def _plain_number(value: Any) -> Any:
    """Make a number of NumPy's a plain one."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in a record")


def to_json(value: Any, indent: str = "") -> str:
    """Write a record as JSON, with lists of plain values on one line each.

    >>> print(to_json({"matrix": [[1, 2], [3, None]]}))
    {
      "matrix": [
        [1, 2],
        [3, null]
      ]
    }
    """
    inner = indent + "  "
    if isinstance(value, Mapping) and value:
        items = [f"{json.dumps(key)}: {to_json(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        lines = ",\n".join(inner + to_json(item, inner) for item in value)
        return f"[\n{lines}\n{indent}]"
    return json.dumps(value, allow_nan=False)
