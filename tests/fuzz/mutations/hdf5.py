"""HDF5: attributes, links and data sets."""

import io
import json
from random import Random
from typing import Any

import h5py
import numpy as np

from tests.fuzz.mutations.trees import mutate_tree
from tests.fuzz.mutations.values import anything, text


def mutate_hdf5(content: bytes, random: Random) -> bytes:
    """Change one thing in a file of HDF5; raises an error where it is none."""
    kept = io.BytesIO(content)
    with h5py.File(kept, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        holder = file[random.choice(["/", *sorted(names)])]
        if len(holder.attrs) and random.random() < 0.6:
            _change_attribute(holder.attrs, random)
        elif names:
            _change_item(file, random.choice(sorted(names)), random)
    return kept.getvalue()


def _change_attribute(attributes: Any, random: Random) -> None:
    name = random.choice(sorted(attributes))
    value = attributes[name]
    if random.random() < 0.1:
        del attributes[name]
    elif isinstance(value, str | bytes) and str(value)[:2] in ('{"', "b'", "[{"):
        tree = mutate_tree(json.loads(value), random)
        attributes[name] = json.dumps(tree)[:60_000]
    elif isinstance(value, np.ndarray) and value.size and random.random() < 0.5:
        attributes[name] = random.choice((value[:-1], value[::-1], np.concatenate([value, value])))
    else:
        attributes[name] = _plain(anything(random))


def _plain(value: Any) -> Any:
    """Give a value that an attribute can hold."""
    if isinstance(value, bool | int | float) and (isinstance(value, float) or abs(value) < 2**63):
        return value
    return json.dumps(value)[:60_000] if not isinstance(value, str) else value.replace("\0", "0")


def _change_item(file: Any, name: str, random: Random) -> None:
    old = file[name]
    way = random.randrange(8)
    if way == 0:
        del file[name]
    elif way == 1:
        free = text(random).replace("\0", "").strip("/.")[:100] or "moved"
        file.move(name, f"renamed/{free}")
    elif way == 2:
        put(file, name, h5py.SoftLink(random.choice(("/", "/nowhere", name, "/model_weights"))))
    elif way == 3:
        outside = random.choice(("other.h5", "/etc/passwd", "model.h5", "../canary"))
        put(file, name, h5py.ExternalLink(outside, "/"))
    elif isinstance(old, h5py.Dataset):
        put(file, name, _other_data(old[()], random))
    else:
        put(file, name, np.zeros(random.choice(((), (1,), (0, 3)))))


def put(file: Any, name: str, value: Any) -> None:
    """Put something where another thing is."""
    del file[name]
    file[name] = value


def _other_data(old: Any, random: Random) -> Any:
    array = np.asarray(old)
    if array.dtype.kind not in "fiub":
        return np.zeros(3)
    return random.choice(
        (
            array.T,
            array.ravel(),
            array[..., None],
            array[:0] if array.ndim else array,
            np.full_like(array, 127),
            array * np.nan if array.dtype.kind == "f" else array,
            array.astype("S4"),
            array.astype("f2"),
            array.astype("c16"),
            np.zeros((3, 3, 3), dtype=[("a", "f4"), ("b", "i4")]),
        )
    )
