"""Fingerprints of plain values: one SHA-256 of everything that a result depends on.

Every value is written with its type and its length in front, so that no two that differ come
to the same bytes. What could differ without its fingerprint telling, such as a function, has
none.
"""

import hashlib
import struct
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

import numpy as np

_AT_A_TIME = 2**24


class _Hash(Protocol):
    def update(self, content: Any, /) -> None: ...


def fingerprint(**parts: Any) -> str:
    """Give the SHA-256 of named values: numbers, texts, arrays, and what is made of them.

    That is dataclasses by their fields, mappings and sets in whatever order they are, and
    sequences in theirs. Raises TypeError for a value that has no fingerprint.

    >>> fingerprint(seed=1, names=("a", "b")) == fingerprint(names=("a", "b"), seed=1)
    True
    >>> fingerprint(seed=1) == fingerprint(seed=1.0)
    False
    """
    of_all = hashlib.sha256()
    _add(of_all, parts)
    return of_all.hexdigest()


def marks_of(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Give the SHA-256 of each row of an array (n, ...), of its bytes alone: (n, 32)."""
    digests = [hashlib.sha256(np.ascontiguousarray(row).data).digest() for row in rows]
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(rows), 32)


def _add(of_all: _Hash, value: Any) -> None:
    if isinstance(value, np.ndarray):
        _add_array(of_all, value)
    elif isinstance(value, Mapping):
        _add_unordered(of_all, "mapping", value.items())
    elif isinstance(value, Set):
        _add_unordered(of_all, "set", value)
    elif isinstance(value, tuple | list):
        _head(of_all, "sequence", len(value))
        for item in value:
            _add(of_all, item)
    elif is_dataclass(value) and not isinstance(value, type):
        _head(of_all, type(value).__name__, 1)
        _add(of_all, {field.name: getattr(value, field.name) for field in fields(value)})
    else:
        kind, content = _plain(value)
        _head(of_all, kind, len(content))
        of_all.update(content)


def _plain(value: Any) -> tuple[str, bytes]:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return type(value).__name__, repr(value).encode()
    if isinstance(value, float):
        return "float", struct.pack("<d", value)
    if isinstance(value, str):
        return "str", value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return "bytes", value
    raise TypeError(f"{type(value).__name__} has no fingerprint")


def _add_array(of_all: _Hash, array: np.ndarray[Any, Any]) -> None:
    if array.dtype.hasobject:
        raise TypeError("an array of objects has no fingerprint")
    _head(of_all, f"array {array.dtype.str} {array.shape}", array.nbytes)
    # Piece by piece: a stack of images may be larger than the room for a second one.
    rows = max(1, _AT_A_TIME * len(array) // max(1, array.nbytes)) if array.ndim else 1
    for start in range(0, len(array) if array.ndim else 1, rows):
        of_all.update((array[start : start + rows] if array.ndim else array).tobytes())


def _add_unordered(of_all: _Hash, kind: str, items: Any) -> None:
    digests = sorted(_digest(item) for item in items)
    _head(of_all, kind, len(digests))
    for digest in digests:
        of_all.update(digest)


def _digest(value: Any) -> bytes:
    own = hashlib.sha256()
    _add(own, value)
    return own.digest()


def _head(of_all: _Hash, kind: str, length: int) -> None:
    of_all.update(f"{kind}:{length}\n".encode())
