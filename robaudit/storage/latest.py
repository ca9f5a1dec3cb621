"""A value that is replaced as work goes on: one file, which holds the latest.

It is written whole under another name, brought to the disk, and then takes the place of the one
before. Its first line says what it depends on and the SHA-256 of the rest, so that what belongs
to other work is not taken, and what was damaged is found out.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from robaudit.errors import OutputError
from robaudit.storage.blocks import Blocks
from robaudit.storage.packed import packed, unpacked

T = TypeVar("T")

SUFFIX = ".latest"


@dataclass(frozen=True)
class Latest:
    """The file of a value in the folder of some blocks, which depends on what these depend on.

    There is none where no blocks are kept: then nothing is written, and nothing read.
    """

    blocks: Blocks
    name: str

    @property
    def path(self) -> Path | None:
        """Where the file is."""
        journal = self.blocks.keeping.journal
        return None if journal is None else journal.folder / f"{self.name}{SUFFIX}"

    def write(self, value: Any) -> None:
        """Put a value in the place of the one before.

        Raises OutputError where there is no room; then the one before still stands.
        """
        path = self.path
        if path is None:
            return
        content = packed(value)
        waiting = path.with_name(f"{path.name}.part")
        try:
            with waiting.open("wb") as file:
                file.write(self._head(content))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(path)
        except OSError as error:
            with suppress(OSError):
                waiting.unlink()
            raise OutputError(
                f"what was done cannot be kept in {path.parent}: {error.strerror or error}",
                expected="room for it",
                advice="Make room: the same command goes on from what was kept before.",
            ) from error

    def read(self, of: type[T]) -> T | None:
        """Give the value; ``None`` where there is none of this type that depends on the same."""
        path = self.path
        if path is None:
            return None
        try:
            head, _, content = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        expected = self._head(content)
        if head.split()[:1] != expected.split()[:1]:
            return None
        if head + b"\n" == expected:
            with suppress(ValueError):
                return unpacked(content, of)
        self.blocks.keeping.tell(f"{path} is damaged: what it held is done again")
        return None

    def remove(self) -> None:
        """Remove the file, and what waits to take its place."""
        path = self.path
        if path is not None:
            for each in (path, path.with_name(f"{path.name}.part")):
                each.unlink(missing_ok=True)

    def _head(self, content: bytes) -> bytes:
        key = self.blocks.key(self.name)
        return f"robaudit-latest-1/{key} {hashlib.sha256(content).hexdigest()}\n".encode()
