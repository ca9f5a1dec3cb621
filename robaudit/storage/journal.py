"""A journal of blocks: what was done, written down one after the other, each with its SHA-256.

A file is only ever added to, a few blocks at a time, and brought to the disk then: so one that
was cut short by whatever ended its writer lacks its last block, and nothing else. A block that
was damaged where it lies is not given. A folder may hold several journals, each of one writer.
"""

import hashlib
import mmap
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_MARK = b"robaudit-block-1 "
_HEAD = re.compile(_MARK + rb"([a-z-]+) ([0-9a-f]{64}) (\d{1,15}) ([0-9a-f]{64}) [0-9a-f]{16}\n")
_LONGEST_HEAD = 256
SUFFIX = ".blocks"


class Block(NamedTuple):
    """What is written: of what kind, under which key, which content."""

    kind: str
    key: str
    content: bytes


@dataclass(frozen=True)
class _Place:
    kind: str
    path: Path
    begin: int
    size: int
    digest: str


class Journal:
    """The journals in a folder, read together; what is added goes to the one called ``name``.

    A kind is a word of small letters, a key a SHA-256 in hexadecimal. ``tell`` hears of damages.
    Journals ``beside`` these are read where they are.
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[[str], None],
        name: str = "own",
        beside: Iterable[Path] = (),
    ) -> None:
        self.folder, self._tell = folder, tell
        self._own = folder / f"{name}{SUFFIX}"
        self._places: dict[str, _Place] = {}
        self._ends: dict[Path, int] = {}
        self._beside = tuple(beside)
        self.look_again()

    def look_again(self) -> None:
        """Find what others have written meanwhile."""
        for path in self._beside:
            self._read_heads(path)
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):  # it was cleared away just now
                if path.is_file():
                    self._read_heads(path)

    def read(self, key: str) -> bytes | None:
        """Give the content of a block; ``None`` where there is none, or it is damaged."""
        place = self._places.get(key)
        if place is None:
            return None
        with suppress(OSError), place.path.open("rb") as file:
            file.seek(place.begin)
            content = file.read(place.size)
            if _digest(place.kind, key, content) == place.digest:
                return content
        self.discard(key)
        return None

    def discard(self, key: str) -> None:
        """Take a block for damaged: it is not given again, and said."""
        place = self._places.pop(key)
        self._tell(f"a block of {place.kind} in {place.path} is damaged: it is done again")

    def append(self, blocks: Iterable[Block]) -> None:
        """Write blocks down and bring them to the disk, all of them or, in effect, none.

        Raises OSError where that cannot be done.
        """
        new = not self._own.exists()
        end = 0 if new else min(self._ends.get(self._own, 0), self._own.stat().st_size)
        with open(self._own, "x+b" if new else "r+b", opener=_itself) as file:
            file.truncate(end)  # what a writer that was killed did not bring to its end
            file.seek(end)
            places = {}
            try:
                for kind, key, content in blocks:
                    digest = _digest(kind, key, content)
                    file.write(_head(kind, key, len(content), digest))
                    places[key] = _Place(kind, self._own, file.tell(), len(content), digest)
                    file.write(content)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(end)
                raise
            self._ends[self._own] = file.tell()
        if new:
            _sync(self.folder)
        self._places |= places

    def gathered(self) -> Path:
        """Write all that is known of in other journals down in the own one, and give its path.

        Raises OSError where that cannot be done.
        """
        known = [(key, place) for key, place in self._places.items() if place.path != self._own]
        contents = ((place.kind, key, self.read(key)) for key, place in known)
        self.append(Block(kind, key, content) for kind, key, content in contents if content)
        return self._own

    def _read_heads(self, path: Path) -> None:
        """Find the blocks of a journal that were not there when it was looked at last."""
        with path.open("rb") as file:
            size, end = os.fstat(file.fileno()).st_size, self._ends.get(path, 0)
            end = 0 if size < end else end  # it was begun anew
            self._ends[path] = end
            if end:  # what came since is little, and may be cut off by its writer meanwhile
                file.seek(end)
                self._take_heads(path, file.read(), end)
            elif size:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    self._take_heads(path, content, 0)

    def _take_heads(self, path: Path, content: bytes | mmap.mmap, offset: int) -> None:
        """Note the blocks in what a journal holds from a place on."""
        end = 0
        for begin, head in _heads(content):
            if begin > end:
                self._tell(f"{path} is damaged: what cannot be read of it is done again")
            kind, key, length, digest = (each.decode() for each in head.groups())
            start = begin + len(head[0])
            self._places[key] = _Place(kind, path, offset + start, int(length), digest)
            end = start + int(length)
        self._ends[path] = offset + end


def _itself(path: str, flags: int) -> int:
    """Open a file that lies at a path itself, not one that a link leads to."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _head(kind: str, key: str, size: int, digest: str) -> bytes:
    """Write the head of a block, which ends with what tells whether it is whole itself."""
    head = f"{_MARK.decode()}{kind} {key} {size} {digest}"
    return f"{head} {hashlib.sha256(head.encode()).hexdigest()[:16]}\n".encode()


def _digest(kind: str, key: str, content: bytes) -> str:
    """Give the SHA-256 of a block: of the content, and of what it is called."""
    return hashlib.sha256(f"{kind} {key}\n".encode() + content).hexdigest()


def _heads(content: bytes | mmap.mmap) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Give where each block begins that is there to its end, and its head."""
    begin = 0
    while 0 <= begin < len(content):
        head = _HEAD.match(content[begin : begin + _LONGEST_HEAD])
        end = len(content) + 1
        if head is not None:
            kind, key, size, digest = (each.decode() for each in head.groups())
            if head[0] == _head(kind, key, int(size), digest):
                end = begin + len(head[0]) + int(size)
        if head is not None and end <= len(content):
            yield begin, head
            begin = end
        else:
            begin = content.find(_MARK, begin + 1)


def _sync(folder: Path) -> None:
    """Bring to the disk which names a folder holds, where the system lets us."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
