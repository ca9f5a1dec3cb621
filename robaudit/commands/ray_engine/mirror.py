"""The folder of a worker's work, mirrored where the work began: only what is new in it travels.

A journal only grows, so what was added is sent; a value that is replaced is sent whole.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from robaudit.errors import OutputError
from robaudit.storage.journal import SUFFIX as JOURNAL
from robaudit.storage.latest import SUFFIX as LATEST

_MOST = 2**26
"""So many bytes of a journal travel at once."""
_NAME = re.compile(rf"[\w-]+({re.escape(JOURNAL)}|{re.escape(LATEST)})")


@dataclass(frozen=True)
class Change:
    """What a file holds from a byte on; ``None`` says that it is no more."""

    name: str
    begin: int
    content: bytes | None


class Mirror:
    """Tells what has changed in a folder since it told last, or since this was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes = {path.name: path.stat().st_size for path in folder.glob(f"*{JOURNAL}")}
        self._stamps = self._stamped()

    def changes(self) -> tuple[list[Change], bool]:
        """Give what has changed, and whether there is more than travels at once."""
        found, more = list[Change](), False
        for path in sorted(self._folder.glob(f"*{JOURNAL}")):
            size = path.stat().st_size
            # Where there was no room its writer took back what it had begun.
            begin = min(self._sizes.get(path.name, 0), size)
            if size > begin:
                with path.open("rb") as file:
                    file.seek(begin)
                    content = file.read(min(size - begin, _MOST))
                found.append(Change(path.name, begin, content))
                begin += len(content)
                more = more or begin < size
            self._sizes[path.name] = begin
        stamps = self._stamped()
        for name in {**self._stamps, **stamps}:
            if self._stamps.get(name) != stamps.get(name):
                value: bytes | None = None
                with suppress(FileNotFoundError):
                    value = (self._folder / name).read_bytes()
                found.append(Change(name, 0, value))
        self._stamps = stamps
        return found, more

    def _stamped(self) -> dict[str, tuple[int, int]]:
        stamps = {}
        for path in sorted(self._folder.glob(f"*{LATEST}")):
            with suppress(FileNotFoundError):
                stamps[path.name] = (path.stat().st_ino, path.stat().st_mtime_ns)
        return stamps


def apply(changes: Iterable[Change], folder: Path) -> None:
    """Do to a folder what was done to another, and bring it to the disk.

    Raises OutputError where there is no room, and ValueError for names that are no work's.
    """
    for change in changes:
        if not _NAME.fullmatch(change.name):
            raise ValueError(f"{change.name!r} is no file of work")
        try:
            _apply(change, folder / change.name)
        except OSError as error:
            raise OutputError(
                f"what was done cannot be kept in {folder}: {error.strerror or error}",
                expected="room for it",
                advice="Make room: the same command goes on from what was kept before.",
            ) from error


def _apply(change: Change, path: Path) -> None:
    if change.content is None:
        path.unlink(missing_ok=True)
        return
    whole = path.suffix == LATEST
    written = path.with_name(f"{path.name}.part") if whole else path
    with written.open("wb" if whole or not written.exists() else "r+b") as file:
        file.seek(change.begin)
        file.write(change.content)
        file.flush()
        os.fsync(file.fileno())
    if whole:
        written.replace(path)
