"""Stacks of images as arrays: their axes, and which numbers stand for black and white."""

import math

import numpy as np

from robaudit.data.stacks import Extremes, Pixels, Stack, extremes, pieces, release
from robaudit.errors import DataError

_FULL_BYTE, _FULL_WORD = 255, 65535
_WHITES = (_FULL_BYTE, 1023, 4095, 16383, _FULL_WORD)
_NARROW = 2
_FIRST_STEP = _TWICE = 1.001 / 255
_LOOKED_AT = 200
DARK_WORD = 2**14
"""Pixels of 16 bits that all stay below this are likely to be of 14, 12 or 10 bits."""


def arrange_pixels(pixels: Pixels, labels: int | None = None) -> Pixels:
    """Bring a stack of images into (n, height, width, channels) or (n, D).

    Accepts (n, D), (n, height, width), and four axes with 1 or 3 channels last or
    first. A fourth channel that is opaque throughout is left out. Three axes that may be
    those of one colour image are a stack where there are as many ``labels``.

    >>> arrange_pixels(np.zeros((5, 3, 32, 32))).shape
    (5, 32, 32, 3)
    """
    if pixels.dtype.kind not in "biuf":
        raise DataError(f"pixels of type {pixels.dtype}", expected="integers or floats")
    if not pixels.size:
        raise DataError(f"no images at all (shape {pixels.shape})", expected="at least one")
    last = pixels.ndim > 1 and len(pixels) != labels == pixels.shape[-1]
    if pixels.ndim == 2 and not last:
        return pixels
    if pixels.ndim == 3 and not last and (labels == len(pixels) or not _is_one_image(pixels.shape)):
        return pixels[..., np.newaxis]
    if pixels.ndim == 4 and pixels.shape[3] in (1, 3):
        return pixels
    if pixels.ndim == 4 and pixels.shape[1] in (1, 3):
        return pixels.transpose(0, 2, 3, 1)
    if pixels.ndim == 4 and 4 in (pixels.shape[3], pixels.shape[1]):
        return _opaque(pixels if pixels.shape[3] == 4 else pixels.transpose(0, 2, 3, 1))
    raise DataError(
        f"images of shape {pixels.shape}" + (f" for {labels} labels" if last else ""),
        expected="(n, D), (n, height, width), or these with 1 or 3 channels",
        advice=_advice_on_shape(pixels.shape, last=last),
    )


def _is_one_image(shape: tuple[int, ...]) -> bool:
    """Tell a colour image from a stack of grey ones, of which none is so narrow."""
    return shape[2] in (3, 4) and min(shape[:2]) >= _NARROW * shape[2]


def _opaque(pixels: Pixels) -> Pixels:
    """Leave out a fourth channel (n, height, width, 4), which is taken to be opacity."""
    opacity = pixels[..., 3]
    full = (1,) if pixels.dtype.kind in "bf" else (_FULL_BYTE, _FULL_WORD)
    lowest, highest = extremes(opacity)
    if lowest == highest and lowest in (*full, float(_FULL_BYTE)):
        return pixels[..., :3]
    raise DataError(
        f"images of shape {pixels.shape}, whose fourth channel runs from {lowest:g} to {highest:g}",
        expected="1 or 3 channels",
        advice="If it is opacity, lay the images on a background first.",
    )


def _advice_on_shape(shape: tuple[int, ...], *, last: bool) -> str:
    if len(shape) == 3 and not last:
        return "A single image is a stack of one: images[None]."
    if last or (len(shape) == 4 and shape[2] in (1, 3)):
        return "Where the last axis counts the images, it comes first: np.moveaxis(images, -1, 0)."
    return ""


def find_pixel_range(
    pixels: Stack, given: tuple[float, float] | None = None, found: Extremes | None = None
) -> tuple[float, float]:
    """Tell which two numbers of a stack of images stand for black and white.

    Integers run to 255 (or 65535, where they come near it; 0 and 1 alone are taken as
    they are); floating-point pixels must lie in 0..1 already. A range that the
    user gave is checked and taken. ``found`` are the lowest and the highest number where they
    are known.

    Raises DataError for pixels that are not finite or fit none of these.
    """
    if pixels.dtype == np.bool_:
        return given or (0.0, 1.0)
    low, high = found or extremes(pixels)
    if not np.isfinite(low) or not np.isfinite(high):
        bad = np.concatenate(
            [~np.isfinite(piece.reshape(len(piece), -1)).all(axis=1) for piece in pieces(pixels)]
        )
        raise DataError(
            f"{int(bad.sum())} of {len(pixels)} images hold pixels that are NaN or infinite, "
            f"the first at row {int(bad.argmax())}",
            expected="finite pixels",
        )
    whole = pixels.dtype.kind in "iu"
    if given is not None:
        if min(given) <= low and high <= max(given):
            return given
        expected = f"pixels from {min(given):g} to {max(given):g}, as `pixel_range` says"
    elif whole:
        if low >= 0 and high <= _FULL_BYTE:
            return 0.0, 1.0 if high <= 1 else float(_FULL_BYTE)
        if low >= 0 and DARK_WORD <= high <= _FULL_WORD:
            return 0.0, float(_FULL_WORD)
        expected = "integers from 0 to 255 or 65535"
    elif low >= 0 and high <= 1 + 1e-6:
        if 0 < high <= _TWICE:
            raise DataError(
                f"pixels from 0 to {high:g}, all but black",
                expected="floating-point pixels from 0 to 1",
                advice="Were they divided by 255 twice? If so, say `pixel_range=(0, 0.00392157)`.",
            )
        return 0.0, 1.0
    else:
        expected = "floating-point pixels from 0 to 1"
    raise DataError(
        f"pixels from {low:g} to {high:g}",
        expected=expected,
        advice=_advice_on_range(float(low), float(high), whole=whole, flat=len(pixels.shape) == 2),
    )


def note_on_dark_images(pixels: Stack, pixel_range: tuple[float, float]) -> str | None:
    """Say of how many of some images no pixel gets beyond the first of 255 steps from black.

    ``None`` where there are few, or all are so: images of another range than the others' look
    like that, and are as good as black once they are taken for images of this one.
    """
    if len(pixels.shape) != 4:
        return None
    rows = np.unique(np.linspace(0, len(pixels) - 1, _LOOKED_AT).astype(np.int64))
    black, white = pixel_range
    ends = []
    for row in rows.tolist():  # one after the other, since they may be large
        image = pixels[row : row + 1]
        ends.append(float(image.max() if white > black else image.min()))
        release(pixels)
    brightest = (np.array(ends) - black) / (white - black)
    dark = (brightest > 0) & (brightest <= _FIRST_STEP)
    if not 0.05 * len(rows) < dark.sum() < 0.95 * len(rows):
        return None
    return (
        f"In {int(dark.sum()):,} of {len(rows):,} images looked at no pixel is farther from black "
        "than 1 of 255 steps: they may have another range than the others, and are all but black "
        "here."
    )


def _advice_on_range(low: float, high: float, *, whole: bool, flat: bool) -> str:
    """Propose a range for pixels, or numbers of a table, that run from ``low`` to ``high``."""
    as_before = "normalised pixels must be given as they were before."
    if flat:
        whole_low, whole_high = math.floor(low), math.ceil(high)
        as_before += (
            f" Of a table it is that of all columns: `pixel_range=({whole_low}, {whole_high})`."
        )
    negative: tuple[tuple[float, float], ...] = ((-128, 127),) if whole else ((-0.5, 0.5), (-1, 1))
    likely = negative if low < 0 else tuple((0, white) for white in _WHITES)
    found = next(
        (pair for pair in likely if pair[0] <= low and pair[1] / 2 < high <= pair[1]), None
    )
    if found is None and (low < 0 or high < 2):
        return f"Say which two numbers stand for black and white with `pixel_range`; {as_before}"
    black, white = found or (0, high)
    return (
        "Say which two numbers stand for black and white, e.g. "
        f"`pixel_range=({black:g}, {white:.9g})`; {as_before}"
    )
