"""Columns with one number a ray: in memory while they are small, in a temporary file beyond.

The file has no name by the time it is written to, so that nothing is left behind,
however the process ends.
"""

import mmap
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

from robaudit.errors import OutputError

MOST_IN_MEMORY = 2**22
"""A column of more numbers than this lies in a file."""

_AT_A_TIME = 2**18


def empty_column(count: int, dtype: npt.DTypeLike, fill: float) -> npt.NDArray[Any]:
    """Make a column (``count``,) that holds ``fill`` everywhere and can be written to.

    Raises OutputError where there is no room for its file.
    """
    kind = np.dtype(dtype)
    if count <= MOST_IN_MEMORY:
        return np.full(count, fill, dtype=kind)
    try:
        with tempfile.TemporaryFile(prefix="robaudit-") as file:
            # Written, not only made long: a full disk would kill the process later.
            for start in range(0, count, _AT_A_TIME):
                file.write(np.full(min(_AT_A_TIME, count - start), fill, dtype=kind).data)
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0)
    except OSError as error:
        raise OutputError(
            f"no room for {count * kind.itemsize / 2**20:,.1f} MiB of rays in "
            f"{tempfile.tempdir or 'a temporary folder'}: {error.strerror or error}",
            advice="Make room, name another folder in TMPDIR, or search fewer rays.",
        ) from error
    return np.frombuffer(mapped, dtype=kind)


def release(*columns: npt.NDArray[Any]) -> None:
    """Let go of the memory that files of columns take; what they hold stays."""
    for column in columns:
        mapped = column.base.obj if isinstance(column.base, memoryview) else None
        if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)
