"""Stacks of images that need not be in memory: they are asked for some rows at a time."""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from robaudit.storage.mapped import release as release_pages
from robaudit.types import IntArray

Pixels = npt.NDArray[Any]
Extremes = tuple[Any, Any]

_AT_A_TIME = 2**24
"""So many bytes of pixels are looked at together where all are: what a processor's cache holds."""


class Stack(Protocol):
    """Images (n, ...) that are asked for some rows at a time: an array is one.

    ``np.asarray`` brings all of them to memory.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the stack: (n, ...)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """What kind of numbers pixels are."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: IntArray | slice, /) -> Pixels: ...

    def __array__(self) -> Pixels: ...


class StoredStack(ABC):
    """Images (n, height, width, channels) that are read from elsewhere each time."""

    extremes: Extremes
    """The lowest and the highest of all numbers, as they were seen in a first pass."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the stack: (n, height, width, channels)."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """What kind of numbers pixels are."""

    @abstractmethod
    def __getitem__(self, rows: IntArray | slice, /) -> Pixels:
        """Read the images of some rows."""

    @abstractmethod
    def in_channels(self, channels: int) -> "StoredStack":
        """Give the first channel alone, or one that there is repeated over three."""

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, *, copy: bool | None = None) -> Pixels:
        return self[:].astype(dtype or self.dtype, copy=False)


def pieces(stack: Stack) -> Iterator[Pixels]:
    """Give all images of a stack in their order, some at a time."""
    of_one = math.prod(stack.shape[1:]) * stack.dtype.itemsize
    rows = max(1, _AT_A_TIME // max(1, of_one))
    for start in range(0, len(stack), rows):
        yield stack[start : start + rows]
        release(stack)


def release(stack: Stack) -> None:
    """Let go of the memory that images take which lie in a file."""
    if isinstance(stack, np.ndarray):
        release_pages(stack)


def extremes(stack: Stack) -> Extremes:
    """Give the lowest and the highest of all numbers: NaN where there is one among them."""
    return stack.extremes if isinstance(stack, StoredStack) else _extremes_of(pieces(stack))


def look_through(stack: Stack, file: Path | None = None) -> tuple[Extremes, str]:
    """Give `extremes`, and the SHA-256 of the ``file`` that a stack lies in, or else of it.

    The file is read beside the stack, so that what is larger than memory comes from the disk
    once.
    """
    total = hashlib.sha256()
    with nullcontext() if file is None else file.open("rb") as content:

        def hashed() -> Iterator[Pixels]:
            for piece in pieces(stack):
                total.update(piece.tobytes() if content is None else content.read(piece.nbytes))
                yield piece

        found = _extremes_of(hashed())
        while content is not None and (rest := content.read(_AT_A_TIME)):
            total.update(rest)
    return found, total.hexdigest()


def _extremes_of(parts: Iterable[Pixels]) -> Extremes:
    found = np.array([(part.min(), part.max()) for part in parts])
    return found[:, 0].min(), found[:, 1].max()


def in_channels(stack: Stack, channels: int) -> Stack:
    """Give the first of the channels of images alone, or a single one repeated over three."""
    if isinstance(stack, StoredStack):
        return stack.in_channels(channels)
    first = stack[:][..., :1]
    return first if channels == 1 else np.broadcast_to(first, (*first.shape[:-1], channels))
