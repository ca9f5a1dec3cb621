"""HDF5 files that hold all that they seem to, and no more: nothing in them lies elsewhere."""

import math
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from robaudit.model_files import excess_of_weights


class ElsewhereError(Exception):
    """Something that a file takes from elsewhere."""


def find_elsewhere(file: h5py.File) -> str | None:
    """Name what a file takes from another place or file, ``None`` where it takes nothing.

    Soft and external links, data in other files, virtual data and references are such; no
    Keras writes any of them.
    """
    try:
        for path, item in _items(file):
            if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
                return f"the data of {path}"
            kinds = [item.attrs.get_id(name).dtype for name in item.attrs]
            kinds += [item.dtype] if hasattr(item, "dtype") else []
            if any(map(_refers, kinds)):
                return f"what {path or 'the file'} refers to"
    except ElsewhereError as error:
        return str(error)
    return None


def find_excess(file: h5py.File, size: int) -> str | None:
    """Say by how much what is in a file of ``size`` bytes is too large, ``None`` if it is not.

    Each counts as often as it is there by another name. What is packed is unpacked by chunks,
    and texts of any length can be one text again and again.
    """
    total = 0
    for _, item in _items(file):
        if isinstance(item, h5py.Dataset):
            each = size if item.dtype.hasobject else item.dtype.itemsize
            total += max(math.prod(item.shape or ()), math.prod(item.chunks or ())) * each
    return excess_of_weights(total, size)


def _items(file: h5py.File) -> Iterator[tuple[str, Any]]:
    """Walk all groups and arrays of a file; raise ElsewhereError at what is no link to one."""
    waiting, seen = [("", file)], set()
    while waiting:
        place, group = waiting.pop()
        yield place, group
        for name in group:
            path = f"{place}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ElsewhereError(f"the link {path}")
            item = group[name]
            if not isinstance(item, h5py.Group):
                yield path, item
                continue
            address = h5py.h5o.get_info(item.id).addr
            if address not in seen:  # groups may hold one another
                seen.add(address)
                waiting.append((path, item))


def _refers(kind: np.dtype[Any]) -> bool:
    """Tell whether numbers of a type, or parts of them, are references."""
    if kind.subdtype is not None:
        return _refers(kind.subdtype[0])
    inner = h5py.check_vlen_dtype(kind)
    if inner is not None and inner not in (str, bytes):
        return _refers(np.dtype(inner))
    parts = [kind.fields[name][0] for name in kind.names or ()] if kind.fields else []
    return h5py.check_ref_dtype(kind) is not None or any(map(_refers, parts))


def names_in(group: Any, attribute: str) -> list[str]:
    """Read a list of names, which Keras spreads over several attributes where it is long."""
    names: list[str] = []
    for key in (attribute, *_numbered(group, attribute)):
        names += [_as_text(name) for name in group.attrs.get(key, ())]
    return names


def _numbered(group: Any, attribute: str) -> Iterator[str]:
    number = 0
    while f"{attribute}{number}" in group.attrs:
        yield f"{attribute}{number}"
        number += 1


def text_of(group: Any, attribute: str) -> str | None:
    """Read an attribute that is a text, ``None`` where there is none."""
    value = group.attrs.get(attribute)
    return None if value is None else _as_text(value)


def _as_text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
