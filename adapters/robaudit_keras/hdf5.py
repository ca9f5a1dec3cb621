"""HDF5 files that hold all that they seem to: nothing in them lies elsewhere."""

from collections.abc import Iterator
from typing import Any

import h5py


def find_elsewhere(file: h5py.File) -> str | None:
    """Name what a file takes from another place or file, ``None`` where it takes nothing.

    Soft and external links, data in other files, and virtual data are such; no Keras writes
    any of them.
    """
    waiting, seen = [("", file)], set()
    while waiting:
        place, group = waiting.pop()
        for name in group:
            path = f"{place}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                return f"the link {path}"
            item = group[name]
            if isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    return f"the data of {path}"
            elif isinstance(item, h5py.Group):
                address = h5py.h5o.get_info(item.id).addr
                if address not in seen:  # groups may hold one another
                    seen.add(address)
                    waiting.append((path, item))
    return None


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
