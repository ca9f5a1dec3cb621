"""Stacks of images that need not be in memory: they are asked for some rows at a time."""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from robaudit.storage.mapped import release as release_pages
from robaudit.types import IntArray

Pixels = npt.NDArray[Any]

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

    extremes: tuple[Any, Any]
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


def extremes(stack: Stack) -> tuple[Any, Any]:
    """Give the lowest and the highest of all numbers: NaN where there is one among them."""
    if isinstance(stack, StoredStack):
        return stack.extremes
    found = np.array([(piece.min(), piece.max()) for piece in pieces(stack)])
    return found[:, 0].min(), found[:, 1].max()


def in_channels(stack: Stack, channels: int) -> Stack:
    """Give the first of the channels of images alone, or a single one repeated over three."""
    if isinstance(stack, StoredStack):
        return stack.in_channels(channels)
    first = stack[:][..., :1]
    return first if channels == 1 else np.broadcast_to(first, (*first.shape[:-1], channels))


def digest_of(stack: Stack) -> str:
    """SHA-256 of all numbers of a stack, in C's order."""
    total = hashlib.sha256()
    for piece in pieces(stack):
        total.update(piece.tobytes())
    return total.hexdigest()
