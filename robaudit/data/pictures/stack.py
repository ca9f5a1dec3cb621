"""Many pictures become one stack, and what was done to them is counted."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from robaudit.data.pictures.picture import Picture, PictureReading
from robaudit.data.pixels import DARK_WORD, Pixels
from robaudit.data.text import some_of
from robaudit.errors import DataError

_BYTE_TO_WORD = 257


def stack_pictures(pictures: Sequence[Picture]) -> Pixels:
    """Bring pictures into one stack: (n, height, width), or (n, height, width, 3) for colour.

    Grey ones among colour ones are repeated over three channels; those of 8 bits among
    those of 16 keep their values as shares of white. Raises DataError for pictures of
    several sizes, and of numbers that have no common white.
    """
    first = pictures[0]
    for picture in pictures:
        if picture.pixels.shape[:2] != first.pixels.shape[:2]:
            raise DataError(
                f"{first.name} is {_size(first)} and {picture.name} is {_size(picture)}",
                expected="pictures of one size",
                advice="Scale and crop them with `image_size=(224, 224)`, for instance.",
            )
    stack = [picture.pixels for picture in _of_one_depth(pictures)]
    if len({pixels.ndim for pixels in stack}) > 1:
        stack = [
            np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels
            for pixels in stack
        ]
    return np.stack(stack)


def _size(picture: Picture) -> str:
    return f"{picture.pixels.shape[0]}x{picture.pixels.shape[1]}"


def _of_one_depth(pictures: Sequence[Picture]) -> Sequence[Picture]:
    by_type = {picture.pixels.dtype: picture for picture in pictures}
    if len(by_type) == 1:
        return pictures
    some = " and ".join(f"{one.name} holds {dtype}" for dtype, one in by_type.items())
    words = [picture.pixels for picture in pictures if picture.pixels.dtype == np.uint16]
    if set(by_type) != {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise DataError(f"{some} numbers", expected="pictures of one kind")
    if max(int(pixels.max()) for pixels in words) < DARK_WORD:
        raise DataError(
            f"{some} numbers, and none of the latter comes near 65535",
            expected="pictures of which the same number is white",
        )
    return [
        replace(picture, pixels=picture.pixels.astype(np.uint16) * _BYTE_TO_WORD)
        if picture.pixels.dtype == np.uint8
        else picture
        for picture in pictures
    ]


def notes_on_pictures(
    pictures: Sequence[Picture], reading: PictureReading, root: Path | None = None
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
