"""A store of results, each under the fingerprint of everything that it depends on.

An entry is one file. It is written once, whole, under a name that nobody looks for, and then
takes its own: two processes may do so at once, and who reads one finds it whole or not at all.
Its first line says which entry it is and the SHA-256 of the rest, so that what was damaged, or
lies there under another name, is found out, removed, and worked out again. A store has a
largest size, and gives up first what was not used for longest.
"""

import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import IO, Any

Writer = Callable[[IO[bytes]], Any]
Tell = Callable[[str], None]

_MARK = "robaudit-entry-1"
_KIND, _KEY = re.compile(r"[a-z]+"), re.compile(r"[0-9a-f]{64}")
_LONGEST_HEAD = 256
_WAITING = ".part"
_SECONDS_WAITING = 24 * 3600
"""What waits for its name for longer was left by a process that was killed."""

_LOOSE = 1 / 16
"""Looking at all entries takes time: so large a share of the store is written between looks."""


def tell_nobody(_sentence: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Entry:
    """An entry as it lies there: of what kind, how many bytes, when it was used last."""

    kind: str
    path: Path
    size: int
    used: float


@dataclass
class Store:
    """Entries in a folder, of ``limit`` bytes together at most; ``tell`` hears of damaged ones.

    A kind is a word of small letters, a key a SHA-256 in hexadecimal. A store never fails who
    uses it: what it cannot read or write is not there.
    """

    folder: Path
    limit: int
    tell: Tell = tell_nobody
    _written: float = field(default=float("inf"), init=False, repr=False)

    @contextmanager
    def opened(self, kind: str, key: str) -> Iterator[IO[bytes] | None]:
        """Open an entry at the first byte of its content, which is what was written.

        ``None`` where there is none, or it is not what was written.
        """
        file = self._whole(kind, key)
        if file is None:
            yield None
            return
        with file:
            yield file

    def _whole(self, kind: str, key: str) -> IO[bytes] | None:
        """Open an entry that is whole; one that is not is removed."""
        path = self._path(kind, key)
        with suppress(OSError), ExitStack() as stack:
            if not stat.S_ISREG(path.lstat().st_mode):
                return None
            file = stack.enter_context(path.open("rb"))
            if _is_whole(file, key):
                os.utime(path)
                stack.pop_all()
                return file
            self.remove(kind, key)
        return None

    def write(self, kind: str, key: str, write: Writer) -> bool:
        """Write an entry, unless it is there or too large for the store; tell whether it is there.

        Whatever ``write`` raises is raised, but for OSError.
        """
        path = self._path(kind, key)
        try:
            if path.exists():
                return True
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _waiting(path.parent) as (file, name):
                file.write(_head(key, "0" * 64))
                begin = file.tell()
                write(file)
                size = file.seek(0, os.SEEK_END)
                if size > (1 - _LOOSE) * self.limit:
                    return False
                file.seek(begin)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                file.write(_head(key, digest))
                file.flush()
                os.fsync(file.fileno())
                name.replace(path)
            self._make_room(size)
        except OSError:
            return False
        return True

    def remove(self, kind: str, key: str) -> None:
        """Remove an entry, because its content is not what it should be, and say so."""
        path = self._path(kind, key)
        with suppress(OSError):
            path.unlink()
            self.tell(f"{path} is damaged: what it held is worked out again")

    def entries(self) -> list[Entry]:
        """List what is there, what was used last the first."""
        found = []
        for kind, path in self._files():
            with suppress(OSError):  # another process has removed it by now
                known = path.lstat()
                if path.suffix != _WAITING:
                    found.append(Entry(kind, path, known.st_size, known.st_mtime))
        return sorted(found, key=lambda entry: (-entry.used, entry.path))

    def clear(self) -> tuple[int, int]:
        """Remove all entries, and nothing else; give how many they were, and their bytes."""
        entries = self.entries()
        for _, path in self._files():
            path.unlink(missing_ok=True)
        return len(entries), sum(entry.size for entry in entries)

    def _path(self, kind: str, key: str) -> Path:
        if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
            raise ValueError(f"no entry is called {kind} {key}")
        # A folder for each two digits: of a hundred thousand files in one, none is found fast.
        return self.folder / kind / key[:2] / key

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Give the kind and the path of all that is an entry, or waits to be one."""
        for path in self.folder.glob("*/??/*"):
            ours = _KEY.fullmatch(path.name) or path.suffix == _WAITING
            if ours and _KIND.fullmatch(path.parts[-3]) and not path.is_dir():
                yield path.parts[-3], path

    def _make_room(self, size: int) -> None:
        """Count what was written; once in a while, give up what was not used for longest."""
        self._written += size
        if self._written < _LOOSE * self.limit:
            return
        self._written, room = 0, (1 - _LOOSE) * self.limit
        for entry in self.entries():
            room -= entry.size
            if room < 0:
                entry.path.unlink(missing_ok=True)
        for _, path in self._files():
            with suppress(OSError):
                waits_for = time.time() - path.lstat().st_mtime
                if path.suffix == _WAITING and waits_for > _SECONDS_WAITING:
                    path.unlink()


def _head(key: str, digest: str) -> bytes:
    return f"{_MARK} {key} {digest}\n".encode()


def _is_whole(file: BufferedReader, key: str) -> bool:
    """Tell whether a file is the entry of a key; leave it at the first byte of its content."""
    head = file.readline(_LONGEST_HEAD)
    begin = file.tell()
    whole = head == _head(key, hashlib.file_digest(file, "sha256").hexdigest())
    file.seek(begin)
    return whole


@contextmanager
def _waiting(folder: Path) -> Iterator[tuple[BufferedRandom, Path]]:
    """Open a new file that waits for its name, and is gone where it did not get it."""
    number, name = tempfile.mkstemp(dir=folder, suffix=_WAITING)
    try:
        with os.fdopen(number, "w+b") as file:
            yield file, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
