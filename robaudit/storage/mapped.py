"""Arrays that stay in their files: mapped, so that the system reads what is asked for.

Pages that were read count as memory of the process until they are given back, `release`.
"""

import mmap
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.errors import OutputError
from robaudit.storage.bounded import read_layout

MOST_IN_MEMORY = 2**28
"""An array of more bytes than this stays in its file; a smaller one is read at once."""

_AT_A_TIME = 2**20


def map_array(file: IO[bytes], start: int = 0) -> npt.NDArray[Any] | None:
    """Map an array that is saved in a file, from byte ``start`` on, to be read only.

    It goes on when the file is closed, or has no name any more. ``None`` for one whose items
    do not lie one after the other (Fortran's order): each would be read from all over the file.
    """
    file.seek(start)
    shape, scattered, dtype = read_layout(file)
    return None if scattered else map_numbers(file, dtype, shape, file.tell())


def map_numbers(
    file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...], start: int
) -> npt.NDArray[Any]:
    """Map numbers that lie in a file in C's order, from byte ``start`` on, to be read only."""
    return np.asarray(np.memmap(file, dtype=dtype, mode="r", offset=start, shape=shape))


def release(array: npt.NDArray[Any]) -> None:
    """Let go of the memory that pages of a file take, where an array, or a view, lies in one.

    Nothing is done to what is mapped to be written: changes may be nowhere else.
    """
    owner, base = array, array.base
    while isinstance(base, np.ndarray):
        owner, base = base, base.base
    to_be_read = isinstance(owner, np.memmap) and owner.mode == "r"
    if to_be_read and isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def written_size(count: int) -> str:
    """Write a number of bytes.

    >>> written_size(3 * 2**29), written_size(2**20)
    ('1.5 GiB', '1 MiB')
    """
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.0f} MiB"


def unpack(packed: IO[bytes], most: int) -> IO[bytes]:
    """Write what a stream unpacks to, ``most`` bytes of it, to a temporary file.

    The file has no name, so that nothing is left behind, however the process ends. Raises
    OutputError where there is no room for it.
    """
    with _room_for(most):
        place = tempfile.gettempdir()
        free = shutil.disk_usage(place).free
        if free < most:
            raise _no_room(most, f"{written_size(free)} are free")
        file = tempfile.TemporaryFile(prefix="robaudit-")  # noqa: SIM115 - who asked closes it
    try:
        left = most
        while left and (piece := packed.read(min(left, _AT_A_TIME))):
            left -= len(piece)
            with _room_for(most):
                # Written, not only made long: a full disk would kill the process later.
                file.write(piece)
                file.flush()
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def _room_for(count: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _no_room(count, error.strerror or str(error)) from error


def _no_room(count: int, why: str) -> OutputError:
    return OutputError(
        f"no room to unpack {written_size(count)} of data to "
        f"{tempfile.tempdir or 'a temporary folder'}: {why}",
        advice="Make room, name another folder in TMPDIR, or store the data uncompressed.",
    )
