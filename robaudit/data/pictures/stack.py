"""Many pictures become one stack, and what was done to them is counted.

A stack that is larger than memory should hold is read picture by picture, each time that it is
asked for rows.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.data.pictures.picture import Picture, PictureReading, read_picture, read_pictures
from robaudit.data.pixels import DARK_WORD
from robaudit.data.stacks import Extremes, Pixels, Stack, StoredStack
from robaudit.data.text import some_of
from robaudit.errors import DataError
from robaudit.storage import mapped
from robaudit.types import IntArray

_BYTE_TO_WORD = 257


@dataclass(frozen=True, slots=True)
class Outline:
    """What is kept of a picture whose pixels are not."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    turned: bool
    transparent: bool
    several: bool
    converted: str | None


@dataclass(frozen=True)
class Common:
    """What the pictures of a stack are brought to: (height, width), colour, kind of numbers."""

    size: tuple[int, ...]
    colour: bool
    kind: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a picture in the stack: (height, width), or (height, width, 3) in colour."""
        return (*self.size, 3) if self.colour else self.size

    def fit(self, pixels: Pixels) -> Pixels:
        """Bring one of the pictures to it."""
        if pixels.dtype == np.uint8 and self.kind == "uint16":
            pixels = pixels.astype(np.uint16) * _BYTE_TO_WORD
        if self.colour and pixels.ndim == 2:
            return np.repeat(pixels[..., np.newaxis], 3, axis=2)
        return pixels


@dataclass(frozen=True)
class PictureStack(StoredStack):
    """Pictures (n, height, width, channels) that are read from their ``files`` each time."""

    files: tuple[str, ...]
    reading: PictureReading
    common: Common
    channels: int
    extremes: Extremes

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the stack: (n, height, width, channels)."""
        return len(self.files), *self.common.size, self.channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """What kind of numbers pixels are."""
        return np.dtype(self.common.kind)

    def __getitem__(self, rows: IntArray | slice, /) -> Pixels:
        """Read the pictures of some rows; raises DataError for one that has changed."""
        places = np.arange(len(self.files))[rows].tolist()
        pixels = np.empty((len(places), *self.shape[1:]), dtype=self.dtype)
        for one, place in zip(pixels, places, strict=True):
            fitted = self.common.fit(read_picture(Path(self.files[place]), self.reading).pixels)
            if fitted.shape != self.common.shape or fitted.dtype != self.dtype:
                raise DataError(
                    f"{self.files[place]} has pixels of shape {fitted.shape} and type "
                    f"{fitted.dtype} now",
                    expected=f"{self.common.shape} and {self.dtype}, as when it was read first",
                )
            planes = fitted if self.common.colour else fitted[..., np.newaxis]
            one[...] = planes[..., : self.channels]
        return pixels

    def in_channels(self, channels: int) -> "PictureStack":
        """Give the first channel alone, or one that there is repeated over three."""
        return replace(self, channels=channels)


def read_stack(
    files: Sequence[Path], reading: PictureReading, root: Path | None = None
) -> tuple[Stack, tuple[str, ...]]:
    """Read pictures, in files below ``root``, into one stack; say what was done to them.

    All are read, so that what is damaged shows at once; those that are too many are let go
    again. Raises DataError as `stack_pictures` does.
    """
    outlines: list[Outline] = []
    numbers: list[Pixels] = []
    unpacked, too_many = 0, False
    for picture, outline in _outlined(read_pictures(files, reading)):
        outlines.append(outline)
        unpacked += picture.pixels.nbytes
        if unpacked > mapped.MOST_IN_MEMORY and not too_many:
            too_many, numbers = True, [_lowest_and_highest(pixels) for pixels in numbers]
        numbers.append(_lowest_and_highest(picture.pixels) if too_many else picture.pixels)
    common = _in_common(outlines, numbers)
    fitted = np.stack([common.fit(pixels) for pixels in numbers])
    notes = notes_on_pictures(outlines, reading, root)
    if not too_many:
        return fitted, notes
    names, channels = tuple(str(file.absolute()) for file in files), 3 if common.colour else 1
    extremes = fitted[:, 0].min(), fitted[:, 1].max()
    return PictureStack(names, reading, common, channels, extremes), notes


def _lowest_and_highest(pixels: Pixels) -> Pixels:
    return np.array([pixels.min(), pixels.max()])


def stack_pictures(pictures: Sequence[Picture]) -> Pixels:
    """Bring pictures into one stack: (n, height, width), or (n, height, width, 3) for colour.

    Grey ones among colour ones are repeated over three channels; those of 8 bits among
    those of 16 keep their values as shares of white. Raises DataError for pictures of
    several sizes, and of numbers that have no common white.
    """
    numbers = [picture.pixels for picture in pictures]
    common = _in_common([outline for _, outline in _outlined(pictures)], numbers)
    return np.stack([common.fit(pixels) for pixels in numbers])


def _outlined(pictures: Iterable[Picture]) -> Iterator[tuple[Picture, Outline]]:
    first = None
    for picture in pictures:
        pixels = picture.pixels
        outline = Outline(
            picture.name,
            pixels.shape,
            pixels.dtype,
            picture.turned,
            picture.transparent,
            picture.several,
            picture.converted,
        )
        first = first or outline
        if outline.shape[:2] != first.shape[:2]:
            raise DataError(
                f"{first.name} is {_size(first)} and {outline.name} is {_size(outline)}",
                expected="pictures of one size",
                advice="Scale and crop them with `image_size=(224, 224)`, for instance.",
            )
        yield picture, outline


def _size(outline: Outline) -> str:
    return f"{outline.shape[0]}x{outline.shape[1]}"


def _in_common(outlines: Sequence[Outline], numbers: Sequence[Pixels]) -> Common:
    """Find what to bring pictures to; ``numbers`` are theirs, or the lowest and highest."""
    by_type = {outline.dtype: outline for outline in outlines}
    colour = any(len(outline.shape) > 2 for outline in outlines)
    common = Common(
        outlines[0].shape[:2], colour, str(max(by_type, key=lambda kind: kind.itemsize))
    )
    if len(by_type) == 1:
        return common
    some = " and ".join(f"{one.name} holds {dtype}" for dtype, one in by_type.items())
    if set(by_type) != {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise DataError(f"{some} numbers", expected="pictures of one kind")
    words = (pixels for pixels in numbers if pixels.dtype == np.uint16)
    if max(int(pixels.max()) for pixels in words) < DARK_WORD:
        raise DataError(
            f"{some} numbers, and none of the latter comes near 65535",
            expected="pictures of which the same number is white",
        )
    return common


def notes_on_pictures(
    pictures: Sequence[Picture | Outline], reading: PictureReading, root: Path | None = None
) -> tuple[str, ...]:
    """Say how many pictures, in files below ``root``, were changed in being read, and how."""
    turned = "Turned upright, as EXIF data says"
    if reading.ignore_exif:
        turned = "Left as stored, where EXIF data says that they are to be turned"
    laid = f"Transparent parts laid on {reading.background}"
    if reading.background == "none":
        laid = "Transparent parts left as the colours stored beneath"
    changes = {
        turned: [picture for picture in pictures if picture.turned],
        laid: [picture for picture in pictures if picture.transparent],
        "First of several frames or pages taken": [one for one in pictures if one.several],
    }
    for mode in sorted({picture.converted for picture in pictures if picture.converted}):
        changes[f"Converted to RGB from {mode}"] = [
            picture for picture in pictures if picture.converted == mode
        ]
    return tuple(
        f"{change}: {len(changed)} of {len(pictures)} pictures "
        f"({some_of(picture.name.removeprefix(f'{root}{os.sep}') for picture in changed)})."
        for change, changed in changes.items()
        if changed
    )
