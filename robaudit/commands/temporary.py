"""One folder for all temporary files of a run, which is gone however the run ends.

A run that is killed cannot remove it. So each holds a lock on a file in its own, which dies with
the run, and the next one removes those that nobody holds any more.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_PREFIX, _LOCK = "robaudit-", "held"


@contextmanager
def folder_for_temporary_files() -> Iterator[None]:
    """Have all temporary files in one folder, which is removed however a child ends."""
    process = os.getpid()
    try:
        _remove_those_left(Path(tempfile.gettempdir()))
        folder = tempfile.mkdtemp(prefix=_PREFIX)
    except OSError:  # who needs one will say so
        yield
        return
    held = _hold(Path(folder))
    usual = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        yield
    finally:
        if os.getpid() == process:
            os.environ.pop("TMPDIR")
            os.environ |= {} if usual is None else {"TMPDIR": usual}
            tempfile.tempdir = None
            shutil.rmtree(folder, ignore_errors=True)
            if held is not None:
                held.close()


def _hold(folder: Path) -> IO[bytes] | None:
    """Hold a lock on a file in a folder; ``None`` where that cannot be."""
    with suppress(OSError):
        file = (folder / f"{_LOCK}.new").open("xb")
        if _locked(file):
            (folder / f"{_LOCK}.new").rename(folder / _LOCK)  # it is held by the time it is seen
            return file
        file.close()
    return None


def _remove_those_left(folder: Path) -> None:
    """Remove the folders of our own that nobody holds any more."""
    for lock in folder.glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):
            known = lock.parent.lstat()
            if lock.parent.is_symlink() or known.st_uid != os.getuid():
                continue
            with lock.open("rb") as file:
                if _locked(file):
                    shutil.rmtree(lock.parent, ignore_errors=True)


def _locked(file: IO[bytes]) -> bool:
    import fcntl  # noqa: PLC0415 - there is none where no process can fork

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
