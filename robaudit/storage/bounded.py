"""How much a stranger's file may become: looked at before anything of it is unpacked.

An archive says what it unpacks to, and an array how many numbers it has. Readers believe both,
and make room first.
"""

import math
import shutil
import struct
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from robaudit.phrases import printable

TIMES = 100
SPARE = 2**28
"""What is packed well, such as pictures of one colour, comes to so much of what it was."""

TIMES_OF_WEIGHTS = 10
SPARE_OF_WEIGHTS = 2**26
"""Weights are packed badly, if at all."""

_LARGEST_WINDOW = 2**28
"""How many bytes LZMA may look back over: four times what the best packers use.

It makes room for as many as a file says.
"""

_ZIP = b"PK\x03\x04"
_NPY = b"\x93NUMPY"
_DEEPEST = 2
"""Archives within archives: scikit-learn's have NumPy's in them."""


def excess_of(unpacked: int, packed: int, times: int = TIMES, spare: int = SPARE) -> str | None:
    """Say by how much something becomes too large when it is unpacked, ``None`` if it does not.

    >>> excess_of(10**12, 10**6)
    'unpacks to 1000000000000 bytes, and is 1000000: at most 100 times as much and 256 MiB are read'
    >>> excess_of(10**7, 10**6)
    """
    if unpacked <= times * packed + spare:
        return None
    allowed = f"at most {times} times as much and {spare // 2**20} MiB are read"
    return f"unpacks to {unpacked} bytes, and is {packed}: {allowed}"


def excess_in_archive(
    file: Path | IO[bytes], times: int = TIMES, spare: int = SPARE, depth: int = 0
) -> str | None:
    """Say what in a zip archive is more than it may be, ``None`` where nothing is.

    That is all of it together; a name that is there twice, of which readers take one or the
    other; and arrays of NumPy's that are not as large as they say, also in archives inside.
    Raises zipfile.BadZipFile, and others, for what is damaged.
    """
    packed = file.stat().st_size if isinstance(file, Path) else _size(file)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        twice = [name for name, times in Counter(archive.namelist()).items() if times > 1]
        if twice:
            return f"holds {printable(twice[0])!r:.80} twice"
        excess = excess_of(sum(member.file_size for member in members), packed, times, spare)
        if excess:
            return excess
        for member in members:
            window = _window(archive, member)
            if window > _LARGEST_WINDOW:
                return f"takes {window} bytes to unpack: at most {_LARGEST_WINDOW} are taken"
            with archive.open(member) as opened:
                start = opened.read(len(_NPY))
            wrong = None
            if start == _NPY:
                with archive.open(member) as opened:
                    wrong = misfit_of_array(opened, member.file_size)
            elif start.startswith(_ZIP) and depth < _DEEPEST:
                with archive.open(member) as opened, tempfile.TemporaryFile() as inner:
                    shutil.copyfileobj(opened, inner)
                    wrong = excess_in_archive(inner, times, spare, depth + 1)
            elif start.startswith(_ZIP):
                wrong = "holds archives in archives"
            if wrong:
                return f"{wrong}, in {printable(member.filename)!r:.80}"
    return None


def _window(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Read how many bytes it takes to look back over what was unpacked, where a file says so.

    It stands behind the head of a member, the version and length of what describes LZMA, and
    one byte of that.
    """
    file = archive.fp
    if member.compress_type != zipfile.ZIP_LZMA or file is None:
        return 0
    file.seek(member.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))
    file.seek(name + extra + 5, 1)
    return int.from_bytes(file.read(4), "little")


def misfit_of_array(file: IO[bytes], size: int) -> str | None:
    """Say how an array that is saved in ``size`` bytes is not as large as it says, if so.

    Arrays of Python objects say nothing of it. Raises ValueError, and others, for what is none.
    """
    shape, dtype = read_head(file)
    held = size - file.tell()
    fits = min(shape, default=0) >= 0 and math.prod(shape) * dtype.itemsize == held
    if dtype.hasobject or fits:
        return None
    return f"has {held} bytes for an array of {dtype} and shape {shape}"


def read_head(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read the shape and type of an array that is saved, up to where its numbers begin."""
    shape, _, dtype = read_layout(file)
    return shape, dtype


def read_layout(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the shape of an array that is saved, whether it is in Fortran's order, and its type."""
    first = npy.read_magic(file) == (1, 0)
    read = npy.read_array_header_1_0 if first else npy.read_array_header_2_0
    shape, scattered, dtype = read(file)
    return shape, bool(scattered), dtype


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size
