"""One folder for all temporary files of a run, which is gone however the run ends.

A run that is killed cannot remove it. So each holds a lock on a file in its own, which dies with
the run, and the next one removes those that nobody holds any more. Until it is held a folder is
hidden, and has the number of the process that makes it in its name.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robaudit.storage.files import is_running
from robaudit.storage.lock import Lock

_PREFIX, _LOCK = "robaudit-", "held"


@contextmanager
def folder_for_temporary_files() -> Iterator[None]:
    """Have all temporary files in one folder, which is removed however a child ends."""
    process = os.getpid()
    try:
        _remove_those_left(Path(tempfile.gettempdir()))
        folder, lock = _made()
    except OSError:  # who needs one will say so
        yield
        return
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
            lock.remove()


def _made() -> tuple[str, Lock]:
    """Make a folder, and take the lock in it before it has the name that others look for."""
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}{os.getpid()}-"))
    lock = Lock(made / _LOCK)
    lock.take()
    return str(made.rename(made.with_name(made.name[1:]))), lock


def _remove_those_left(folder: Path) -> None:
    """Remove the folders of our own that nobody holds any more, or was about to hold."""
    for path in folder.glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):
            if _is_ours(path.parent):
                lock = Lock(path)
                if lock.take():
                    shutil.rmtree(path.parent, ignore_errors=True)
                    lock.remove()
    for path in folder.glob(f".{_PREFIX}*-*"):
        maker = path.name.removeprefix(f".{_PREFIX}").partition("-")[0]
        with suppress(OSError):
            if maker.isdecimal() and not is_running(int(maker)) and _is_ours(path):
                shutil.rmtree(path, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return not folder.is_symlink() and folder.lstat().st_uid == os.getuid()
