"""The cache: a store in the user's own folder, of what need not be worked out a second time."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from robaudit.errors import UsageError
from robaudit.storage.memory import bytes_in
from robaudit.storage.store import Store, Tell, tell_nobody

FOLDER, SIZE = "ROBAUDIT_CACHE", "ROBAUDIT_CACHE_SIZE"
OFF = "off"
USUAL_SIZE = 2**30


def cache_folder() -> Path | None:
    """Say where the cache lies; ``None`` where it is switched off, or there is no home folder.

    ``ROBAUDIT_CACHE`` names the folder, or is ``off``; else it is ``robaudit`` in the folder
    for caches of the XDG Base Directory Specification: ``XDG_CACHE_HOME``, or ``~/.cache``.
    """
    named = os.environ.get(FOLDER, "")
    if named == OFF:
        return None
    if named:
        return Path(named)
    usual = os.environ.get("XDG_CACHE_HOME", "")
    if Path(usual).is_absolute():  # the specification passes over others
        return Path(usual) / "robaudit"
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "robaudit"
    return None


def cache_size() -> int:
    """Say how many bytes the cache may hold: ``ROBAUDIT_CACHE_SIZE``, such as 500M or 2G.

    Raises UsageError for what is no size.
    """
    text = os.environ.get(SIZE, "")
    if not text:
        return USUAL_SIZE
    size = bytes_in(text)
    if size < 1:
        raise UsageError(f"{SIZE}={text}", expected="a size, such as 500M or 2G")
    return size


def open_cache(tell: Tell = tell_nobody) -> Store | None:
    """Give the cache, in a folder that nobody else may write to; ``None`` where there is none.

    Who could write there could say what an audit found, so a folder of somebody else's is not
    used, and said.
    """
    folder, size = cache_folder(), cache_size()
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = folder.stat()
        if hasattr(os, "getuid"):
            if known.st_uid != os.getuid():
                tell(f"no cache is used: {folder} belongs to another user")
                return None
            if stat.S_IMODE(known.st_mode) & 0o077:
                folder.chmod(0o700)
    except OSError as error:
        tell(f"no cache is used: {folder}: {error.strerror or error}")
        return None
    return Store(folder, size, tell)
