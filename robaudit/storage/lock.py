"""A lock that one process at a time has, and that dies with it.

The system lets go of it however the process ends. Where the file system knows no locks, the
number of the process in the file tells whether it is still running.
"""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from robaudit.storage.files import is_running

_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


class Lock:
    """A lock on a file, which is made for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock, unless another process has it; tell whether it was taken."""
        while True:
            file = self._path.open("a+b")
            file.seek(0)
            process = file.read(32)
            if not _taken(file, process):
                file.close()
                return False
            if self._is(file):
                break
            file.close()  # who had it has removed it meanwhile
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        self._file = file
        return True

    @property
    def holder(self) -> str:
        """The number of the process that has it, as far as it is known."""
        with suppress(OSError):
            return self._path.read_bytes()[:32].decode("ascii", "replace")
        return ""

    def remove(self) -> None:
        """Let go of the lock, and remove its file."""
        if self._file is None:
            return
        with suppress(OSError):  # Windows removes no file that is open
            self._path.unlink()
        self._file.close()
        self._file = None
        with suppress(OSError):
            if os.name != "posix":
                self._path.unlink()

    def _is(self, file: IO[bytes]) -> bool:
        with suppress(OSError):
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        return False


def _taken(file: IO[bytes], process: bytes) -> bool:
    """Take the system's lock on a file; tell whether we have it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - only there

            file.seek(2**30)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - only elsewhere

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        return not (process.isdigit() and is_running(int(process)))
    return True
