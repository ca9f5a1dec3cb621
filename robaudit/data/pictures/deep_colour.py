"""Colour pictures of 16 bits, of which Pillow gives the upper 8 alone."""

import sys
from io import BytesIO
from typing import Any, TypeGuard

import numpy as np
from PIL import Image, ImageFile

from robaudit.data.stacks import Pixels
from robaudit.errors import DataError

_READABLE = ("RGB;16", "RGBA;16", "RGBX;16")


def is_deep(picture: Image.Image) -> TypeGuard[ImageFile.ImageFile]:
    """Tell whether a picture that was just opened, and not yet read, is one of these."""
    return picture.mode[0] not in "IF" and ";16" in _raw_mode(picture)


def read_deep(picture: ImageFile.ImageFile, name: str, formats: tuple[str, ...]) -> Pixels:
    """Read all 16 bits: (height, width, 3), or 4 with opacity, uint16.

    Pillow takes from each number the byte that is the upper one in the order in which
    the file is said to have them. Said the other way round, it gives the lower one.
    """
    raw = _raw_mode(picture)
    if not raw.startswith(_READABLE) or "transparency" in picture.info:
        raise DataError(
            f"{name} has 16 bits and colours or transparency of a kind ({raw}) that cannot be "
            "read without losing some",
            expected="8 bits, or 16 in plain RGB or grey",
        )
    file: Any = picture.fp
    place = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(place)  # where Pillow goes on reading
    upper, lower = (Image.open(BytesIO(content), formats=formats) for _ in range(2))
    lower.tile = [_swapped_tile(tile) for tile in lower.tile]
    pixels: Pixels = np.asarray(upper).astype(np.uint16) << 8 | np.asarray(lower)
    return pixels


def _raw_mode(picture: Image.Image) -> str:
    tiles = getattr(picture, "tile", None)  # what is read already has none
    args = tiles[0][3] if tiles else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def _swapped_tile(tile: Any) -> Any:
    swapped = (*tile[:3], _swapped(tile[3]))
    return tile._make(swapped) if hasattr(tile, "_make") else swapped  # as of Pillow 11, a record


def _swapped(args: Any) -> Any:
    """Change the order of bytes in what a decoder is told."""
    if isinstance(args, tuple):
        return (_swapped(args[0]), *args[1:])
    native = "L" if sys.byteorder == "little" else "B"
    text = str(args).replace(";16N", f";16{native}")
    return text[:-1] + ("L" if text[-1] == "B" else "B")
