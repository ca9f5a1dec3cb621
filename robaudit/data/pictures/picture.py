"""One picture, of many formats: what is in it becomes numbers, and what was done is said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageOps, UnidentifiedImageError

from robaudit.data.damage import what_is_it
from robaudit.data.pictures.deep_colour import is_deep, read_deep
from robaudit.data.pictures.native_noise import silent_error_stream
from robaudit.data.stacks import Pixels
from robaudit.data.text import is_picture_name
from robaudit.errors import DataError, UsageError
from robaudit.storage.bounded import excess_of

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
"""What is opened. Others run programs (EPS), read other files, or are no pictures."""

_SPARE = 2**30

_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
"""What shows a picture upright, by the number for it in EXIF data."""

_BACK = {6: 8, 8: 6}
_ORIENTATION, _PHOTOMETRIC, _WHITE_IS_ZERO = 0x0112, 262, 0
_PLAIN_MODES = {"1", "L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX", "P", "PA"}


@dataclass(frozen=True)
class PictureReading:
    """How pictures become pixels.

    They are scaled and cropped to ``size`` (height, width) where it is given; what is
    transparent is laid on the colour ``background``, a name, "#rrggbb" or three numbers to
    255, or with "none" left as the colour beneath. With ``ignore_exif`` pictures stay as
    they are stored where EXIF data says that they are to be turned.

    Raises UsageError for a colour that is none.
    """

    size: tuple[int, int] | None = None
    background: str | Sequence[int] = "white"
    ignore_exif: bool = False

    def __post_init__(self) -> None:
        self.colour()

    def colour(self) -> tuple[int, ...] | None:
        """Give red, green and blue of the background, or ``None`` for none."""
        given = self.background
        if given == "none":
            return None
        text = given if isinstance(given, str) else ",".join(map(str, given))
        try:
            return ImageColor.getrgb(f"rgb({text})" if "," in text else text)[:3]
        except ValueError as error:
            raise UsageError(
                f"`background` {text!r}",
                expected="the name of a colour, #rrggbb, three numbers to 255, or none",
            ) from error


@dataclass(frozen=True)
class Picture:
    """One picture: (height, width) grey or (height, width, 3) colour, and what was done to it."""

    pixels: Pixels
    name: str
    turned: bool = False
    transparent: bool = False
    several: bool = False
    converted: str | None = None


def is_picture(path: Path) -> bool:
    """Tell whether a file is a picture of a format that is read, by its name or its content."""
    if is_picture_name(path.name):
        return True
    try:
        with Image.open(path, formats=_formats()):
            return True
    except Image.DecompressionBombError:
        return True
    except Exception:  # noqa: BLE001 - Pillow raises anything on files that only begin as pictures do
        return False


def read_picture(path: Path, reading: PictureReading) -> Picture:
    """Read one picture from a file; raises DataError for one that is damaged or far too large."""
    try:
        with Image.open(path, formats=_formats()) as picture:
            if picture.format != "TIFF":
                return from_pillow(picture, reading, str(path))
            with silent_error_stream():
                return from_pillow(picture, reading, str(path))
    except (DataError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise DataError(
            f"{path} cannot be read as a picture ({what_is_it(path)})",
            expected=f"one of {', '.join(_formats())}",
        ) from error
    except Exception as error:  # Pillow raises anything on damaged files
        raise DataError(f"{path} cannot be read as a picture ({error})") from error


def read_pictures(files: Iterable[Path], reading: PictureReading) -> Iterator[Picture]:
    """Read pictures; raises DataError also where they become far more than their files are."""
    unpacked, packed = 0, 0
    for file in files:
        picture = read_picture(file, reading)
        unpacked += picture.pixels.nbytes
        packed += file.stat().st_size
        excess = excess_of(unpacked, packed, spare=_SPARE)
        if excess:
            raise DataError(
                f"what lies in {file.parent} {excess}",
                expected="pictures of something",
                advice="Scale them as they are read, e.g. `image_size=(224, 224)`.",
            )
        yield picture


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)  # as Pillow was built


def from_pillow(picture: Image.Image, reading: PictureReading, name: str) -> Picture:
    """Make pixels of a picture of Pillow's; raises DataError for one of another kind of numbers."""
    deep = read_deep(picture, name, _formats()) if is_deep(picture) else None
    turn = _turn(picture)
    several = picture.format != "MPO" and bool(getattr(picture, "is_animated", False))
    converted = None if picture.mode[0] in "IF" or picture.mode in _PLAIN_MODES else picture.mode
    pixels = _numbers(picture, name) if deep is None else deep
    picture.load()
    if turn != _turn(picture):  # Pillow turns TIFFs itself
        pixels = _TURNS[_BACK.get(turn, turn)](pixels)
    if turn in _TURNS and not reading.ignore_exif:
        pixels = _TURNS[turn](pixels)
    pixels, transparent = _flattened(pixels, reading.colour())
    if reading.size is not None:
        pixels = _fitted(pixels, reading.size)
    pixels = np.ascontiguousarray(pixels)
    return Picture(pixels, name, turn in _TURNS, transparent, several, converted)


def _turn(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - EXIF data is often damaged where the picture is not
        return 1


def _numbers(picture: Image.Image, name: str) -> Pixels:
    """Give the numbers of a picture: (h, w), or (h, w, 2 to 4), where 2 and 4 have opacity."""
    if picture.mode[0] not in "IF":
        grey = picture.mode in ("1", "L", "LA", "La")
        if picture.has_transparency_data:
            return np.asarray(picture.convert("LA" if grey else "RGBA"))
        return np.asarray(picture.convert("L" if grey else "RGB"))
    pixels = np.asarray(picture)
    if picture.has_transparency_data:
        raise DataError(
            f"{name} has 16 bits, of which one value stands for what is transparent",
            expected="a picture without transparency, or with 8 bits",
        )
    pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    if picture.mode == "I" and picture.format in ("PNG", "PPM", "JPEG2000"):
        pixels = pixels.astype(np.uint16)  # the most that these formats have
    tags: Any = getattr(picture, "tag_v2", {})
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        if pixels.dtype != np.uint16:
            raise DataError(
                f"{name} holds {pixels.dtype} numbers of which 0 is white", expected="0 as black"
            )
        pixels = 65535 - pixels
    return pixels


def _flattened(pixels: Pixels, background: tuple[int, ...] | None) -> tuple[Pixels, bool]:
    """Lay what is transparent on a background; tell whether anything was."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels, False
    white = np.iinfo(pixels.dtype).max
    colour, opacity = pixels[..., :-1], pixels[..., -1:] / white
    transparent = bool((opacity < 1).any())
    if transparent and background is not None:
        grey = colour.shape[2] == 1 and len(set(background)) == 1
        ground = np.array(background[:1] if grey else background) / 255 * white
        colour = np.rint(colour * opacity + ground * (1 - opacity)).astype(pixels.dtype)
    return (colour[..., 0] if colour.shape[2] == 1 else colour), transparent


def _fitted(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Scale and crop a picture to a height and width."""
    to = size[1], size[0]
    if pixels.dtype == np.uint8:
        fitted = ImageOps.fit(Image.fromarray(pixels), to, Image.Resampling.BILINEAR)
        return np.asarray(fitted)
    planes = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    fits = [
        ImageOps.fit(Image.fromarray(plane.astype(np.float32)), to, Image.Resampling.BILINEAR)
        for plane in np.moveaxis(planes, -1, 0)
    ]
    stacked = np.stack([np.asarray(plane) for plane in fits], axis=-1)
    whole = np.rint(stacked) if pixels.dtype.kind in "iu" else stacked
    result: Pixels = whole.astype(pixels.dtype)
    return result[..., 0] if pixels.ndim == 2 else result
