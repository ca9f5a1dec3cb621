"""Archives of arrays (``.npz``), written and read a piece at a time.

NumPy reads what is written here, and what NumPy wrote is read here. An archive is as
untrusted as any file: nothing in it is unpickled, and no room is made for more than
an archive of its size can hold.
"""

import math
import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from robaudit.errors import RecordError
from robaudit.storage.sealed import AGAIN, open_sealed

Array = npt.NDArray[Any]

_FAST = 1
"""The level of deflate: higher ones take several times as long to save little."""

_MOST_DEFLATED = 1100
"""Deflate makes nothing smaller by a larger factor than about this."""

_DAMAGES = (
    OSError,
    ValueError,
    TypeError,
    EOFError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Pieces:
    """An array that comes in pieces along its first axis, so that it is never whole in memory."""

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    pieces: Callable[[], Iterable[Array]]


def write_archive(file: IO[bytes], arrays: Mapping[str, Array | Pieces]) -> None:
    """Write arrays as a compressed archive, one after the other."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                if isinstance(array, Pieces):
                    _write_pieces(member, array)
                else:
                    npy.write_array(member, array, allow_pickle=False)


def _write_pieces(member: IO[bytes], array: Pieces) -> None:
    dtype = np.dtype(array.dtype)
    description = npy.dtype_to_descr(dtype)
    head = {"descr": description, "fortran_order": False, "shape": array.shape}
    npy.write_array_header_1_0(member, head)
    for piece in array.pieces():
        member.write(np.ascontiguousarray(piece, dtype=dtype).data)


@dataclass(frozen=True)
class Archive:
    """An open archive. A name that is not there raises KeyError, damage RecordError."""

    path: Path
    members: zipfile.ZipFile

    @property
    def names(self) -> set[str]:
        """What the arrays are called."""
        names = self.members.namelist()
        return {name.removesuffix(".npy") for name in names if name.endswith(".npy")}

    def shape_and_dtype(self, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Tell what an array is, without reading it."""
        with _readable(self.path), self.members.open(f"{name}.npy") as member:
            shape, _, dtype = self._read_head(name, member)
            return shape, dtype

    def whole(self, name: str) -> Array:
        """Read an array."""
        with _readable(self.path), self.members.open(f"{name}.npy") as member:
            shape, by_columns, dtype = self._read_head(name, member)
            flat = _read(member, math.prod(shape), dtype)
            return flat.reshape(shape[::-1]).T if by_columns else flat.reshape(shape)

    def pieces(self, name: str, sizes: Iterable[int]) -> Iterator[Array]:
        """Read a column (n,) in pieces of these sizes, which add up to n."""
        with _readable(self.path), self.members.open(f"{name}.npy") as member:
            _, _, dtype = self._read_head(name, member)
            for size in sizes:
                yield _read(member, size, dtype)

    def _read_head(
        self, name: str, member: IO[bytes]
    ) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        version = npy.read_magic(member)
        if version not in readers:
            raise ValueError(f"{name}: version {version}")
        shape, by_columns, dtype = readers[version](member)
        if dtype.hasobject:
            raise ValueError(f"{name}: objects cannot be loaded, as with allow_pickle=False")
        held = self.members.getinfo(f"{name}.npy").file_size - member.tell()
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != held:
            raise ValueError(f"{name}: {held} bytes for an array of shape {shape}")
        return shape, by_columns, dtype


def _read(member: IO[bytes], count: int, dtype: np.dtype[Any]) -> Array:
    content = member.read(count * dtype.itemsize)
    return np.frombuffer(content, dtype=dtype, count=count)


@contextmanager
def open_archive(path: Path, digest: str | None = None) -> Iterator[Archive | None]:
    """Open an archive for reading, ``None`` where there is no file.

    Raises RecordError for a file that is no archive, or claims to hold more than it can, or
    has another SHA-256 than the one given.
    """
    with _readable(path):
        file = open_sealed(path, digest)
    if file is None:
        yield None
        return
    with file:
        with _readable(path):
            members = zipfile.ZipFile(file)
            _check_sizes(members, os.fstat(file.fileno()).st_size)
        with members:
            yield Archive(path, members)


def _check_sizes(members: zipfile.ZipFile, size: int) -> None:
    known = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    infos = members.infolist()
    if any(member.compress_type not in known for member in infos):
        raise ValueError("it is compressed by other means than deflate")
    if sum(member.file_size for member in infos) > _MOST_DEFLATED * size:
        raise ValueError("it claims to hold more than it can")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what damaged archives raise into a RecordError."""
    try:
        yield
    except _DAMAGES as error:
        raise RecordError(
            f"{path} cannot be read ({error})", expected="arrays written by robaudit", advice=AGAIN
        ) from error
