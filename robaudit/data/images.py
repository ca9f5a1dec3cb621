"""Labelled images as they lie in files, before any model sees them."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from robaudit.errors import DataError
from robaudit.types import FloatArray, IntArray

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Loaded:
    """What the reader of a format found, not yet checked."""

    pixels: Pixels
    labels: Pixels | None = None
    class_names: tuple[str, ...] | None = None
    split: str | None = None
    by_alphabet: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Images:
    """Images and, where known, their labels.

    ``pixels`` is (n, height, width, channels), or (n, D) for data that comes
    flat, in the numbers of the file; ``pixel_range`` are the two numbers there
    that stand for black and white, and so for 0 and 1: the second may be the lower.
    ``labels`` is (n,) or ``None``. ``synthetic`` images
    were made for the model that is audited on them.

    ``class_names`` are what the data calls its classes, in the order of the labels: label
    i is that of ``class_names[i]``, also where the names are numbers, as those of folders
    may be, and where a class has no image. ``by_alphabet`` says that this order is no
    more than that of the names. Without names, labels are the data's own numbers of
    classes. ``notes`` are sentences on how the images were read that every reader of
    results should see.
    """

    pixels: Pixels
    labels: IntArray | None
    pixel_range: tuple[float, float]
    source: str
    sha256: str
    split: str | None = None
    class_names: tuple[str, ...] | None = None
    synthetic: bool = False
    by_alphabet: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (height, width, channels) or (D,)."""
        return self.pixels.shape[1:]

    def take(self, rows: IntArray, split: str) -> "Images":
        """Give the images of some rows, as a split of that name."""
        labels = None if self.labels is None else self.labels[rows]
        return replace(self, pixels=self.pixels[rows], labels=labels, split=split)

    def unit_pixels(self, rows: IntArray | slice) -> FloatArray:
        """Give the pixels of some rows in 0..1: (n, *image_shape), float32."""
        low, high = self.pixel_range
        pixels = self.pixels[rows].astype(np.float32)
        if low:
            pixels -= np.float32(low)
        if high - low != 1:
            pixels /= np.float32(high - low)
        return pixels


def images_from_arrays(
    x: Pixels,
    y: Pixels | None = None,
    *,
    pixel_range: tuple[float, float] | None = None,
    class_names: tuple[str, ...] | None = None,
) -> Images:
    """Make images of arrays in memory; see `arrange_pixels` for the shapes of ``x``.

    ``y`` (n,) are class numbers; ``pixel_range`` is found from the pixels where
    it is not given. Raises DataError for arrays that are no labelled images.
    """
    pixels = arrange_pixels(x)
    return Images(
        pixels=pixels,
        labels=None if y is None else check_labels(y, len(pixels)),
        pixel_range=find_pixel_range(pixels, pixel_range),
        source="arrays",
        sha256=hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest(),
        class_names=class_names,
    )


def arrange_pixels(pixels: Pixels) -> Pixels:
    """Bring a stack of images into (n, height, width, channels) or (n, D).

    Accepts (n, D), (n, height, width), and four axes with 1 or 3 channels last or
    first.

    >>> arrange_pixels(np.zeros((5, 3, 32, 32))).shape
    (5, 32, 32, 3)
    """
    if not pixels.size:
        raise DataError(f"no images at all (shape {pixels.shape})", expected="at least one")
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim == 3:
        return pixels[..., np.newaxis]
    if pixels.ndim == 4 and pixels.shape[3] in (1, 3):
        return pixels
    if pixels.ndim == 4 and pixels.shape[1] in (1, 3):
        return pixels.transpose(0, 2, 3, 1)
    raise DataError(
        f"images of shape {pixels.shape}",
        expected="(n, D), (n, height, width), or these with 1 or 3 channels",
    )


def find_pixel_range(
    pixels: Pixels, given: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Tell which two numbers of a stack of images stand for black and white.

    Integers run to 255 (or 65535, where they pass 255; 0 and 1 alone are taken as
    they are); floating-point pixels must lie in 0..1 already. A range that the
    user gave is checked and taken.

    Raises DataError for pixels that are not numbers or fit none of these.
    """
    if pixels.dtype == np.bool_:
        return 0.0, 1.0
    if not np.issubdtype(pixels.dtype, np.integer) and not np.issubdtype(pixels.dtype, np.floating):
        raise DataError(f"pixels of type {pixels.dtype}", expected="integers or floats")
    low, high = pixels.min(), pixels.max()
    if not np.isfinite(low) or not np.isfinite(high):
        bad = ~np.isfinite(pixels.reshape(len(pixels), -1)).all(axis=1)
        raise DataError(
            f"{int(bad.sum())} of {len(pixels)} images hold pixels that are NaN or infinite, "
            f"the first at row {int(bad.argmax())}",
            expected="finite pixels",
        )
    if given is not None:
        if given[0] <= low and high <= given[1]:
            return given
        expected = f"pixels from {given[0]:g} to {given[1]:g}, as --pixel-range says"
    elif np.issubdtype(pixels.dtype, np.integer):
        if low >= 0 and high <= 65535:
            return 0.0, 1.0 if high <= 1 else 255.0 if high <= 255 else 65535.0
        expected = "integers from 0 to 255 or 65535"
    elif low >= 0 and high <= 1 + 1e-6:
        return 0.0, 1.0
    else:
        expected = "floating-point pixels from 0 to 1"
    raise DataError(
        f"pixels from {low:g} to {high:g}",
        expected=expected,
        advice="Say which two numbers stand for black and white, e.g. --pixel-range 0,255; "
        "normalised pixels must be given as they were before.",
    )


def check_labels(labels: Pixels, count: int) -> IntArray:
    """Bring labels into (n,) integers: accepts (n,), (n, 1) and one-hot (n, classes).

    Raises DataError for another shape, another number of labels, negative ones
    or fractions.
    """
    if labels.dtype.kind not in "biuf":
        raise DataError(f"labels of type {labels.dtype}", expected="class numbers from 0")
    if labels.ndim == 2 and labels.shape[1] > 1 and _is_one_hot(labels):
        labels = labels.argmax(axis=1)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,):
        raise DataError(
            f"labels of shape {labels.shape} for {count} images",
            expected=f"({count},), one label an image",
        )
    possible = np.isfinite(labels).all() and labels.min() >= 0 and labels.max() < 2**31
    whole = labels.astype(np.int64) if possible else None
    if whole is None or (whole != labels).any():
        raise DataError(
            f"labels from {labels.min()} to {labels.max()}", expected="class numbers from 0"
        )
    return whole


def _is_one_hot(labels: Pixels) -> bool:
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())
