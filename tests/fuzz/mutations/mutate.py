"""One change of a file: by what it is made of, or of its bytes."""

import json
import struct
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from tests.fuzz.mutations.archives import mutate_gzip, mutate_zip
from tests.fuzz.mutations.arrays import mutate_npy
from tests.fuzz.mutations.chunks import mutate_png, mutate_tiff
from tests.fuzz.mutations.hdf5 import mutate_hdf5
from tests.fuzz.mutations.messages import mutate_onnx
from tests.fuzz.mutations.pickles import mutate_pickle
from tests.fuzz.mutations.raw import mutate_bytes
from tests.fuzz.mutations.texts import mutate_text
from tests.fuzz.mutations.trees import mutate_json, mutate_toml

BYTES_ALONE = 0.3
"""The share of changes that know nothing of the format."""


def _mutate_safetensors(content: bytes, random: Random) -> bytes:
    (size,) = struct.unpack("<Q", content[:8])
    head = mutate_json(json.dumps(json.loads(content[8 : 8 + size])).encode(), random)
    return struct.pack("<Q", len(head)) + head + content[8 + size :]


_STARTS: tuple[tuple[bytes, Callable[[bytes, Random], bytes]], ...] = (
    (b"\x89HDF", mutate_hdf5),
    (b"\x93NUMPY", mutate_npy),
    (b"\x89PNG", mutate_png),
    (b"II*\0", mutate_tiff),
    (b"MM\0*", mutate_tiff),
    (b"\x80\x02", mutate_pickle),
    (b"\x80\x03", mutate_pickle),
    (b"\x80\x04", mutate_pickle),
    (b"\x80\x05", mutate_pickle),
    (b"{", mutate_json),
    (b"[", mutate_json),
)
_ENDINGS: dict[str, Callable[[bytes, Random], bytes]] = {
    "onnx": mutate_onnx,
    "toml": mutate_toml,
    "txt": mutate_text,
    "csv": mutate_text,
    "py": mutate_text,
    "safetensors": _mutate_safetensors,
}


def mutate(
    name: str,
    content: bytes,
    random: Random,
    others: Sequence[bytes] = (),
    *,
    intact: bool = True,
) -> bytes:
    """Change a file once; ``others`` are such to splice it with.

    One that is no longer ``intact`` is read by nothing that could end this process.
    """
    if random.random() >= BYTES_ALONE:
        try:
            return _mutate_fields(name, content, random, intact)
        except Exception:  # noqa: BLE001 - it was changed before, and is no longer what it was
            return mutate_bytes(content, random)
    return mutate_bytes(content, random, others)


def _mutate_fields(name: str, content: bytes, random: Random, intact: bool) -> bytes:
    inside = partial(mutate, intact=intact)
    if content.startswith(b"PK"):
        return mutate_zip(content, random, inside)
    if content.startswith(b"\x1f\x8b"):
        return mutate_gzip(content, random, inside)
    if not intact and content.startswith(b"\x89HDF"):
        return mutate_bytes(content, random)
    ending = name.rpartition(".")[2]
    if ending in _ENDINGS:
        return _ENDINGS[ending](content, random)
    for start, change in _STARTS:
        if content.startswith(start):
            return change(content, random)
    return mutate_bytes(content, random)
