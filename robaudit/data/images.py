"""Labelled images as they lie in files, before any model sees them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from robaudit.data.labels import Labels, number_labels
from robaudit.data.pixels import arrange_pixels, find_pixel_range, note_on_dark_images
from robaudit.data.stacks import Pixels, Stack, look_through, release
from robaudit.types import FloatArray, IntArray

Tell = Callable[[str], None]
"""Hears, in one line, of work that takes time and room before anything is read."""


def tell_nobody(_what: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Loaded:
    """What the reader of a format found, not yet checked.

    Labels are numbers or names; ``class_names`` are those that stand beside them. ``files``
    are the paths of pictures that have a file each, below the folder of the data.
    """

    pixels: Stack
    labels: Pixels | None = None
    class_names: tuple[str, ...] | None = None
    split: str | None = None
    by_alphabet: bool = False
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Images:
    """Images and, where known, their labels.

    ``pixels`` is (n, height, width, channels), or (n, D) for data that comes
    flat, in the numbers of the file: an array, or, where they are more than memory should
    hold, what reads the rows that it is asked for, ``pixels[rows]``. ``pixel_range`` are the
    two numbers there that stand for black and white, and so for 0 and 1: the second may be
    the lower. ``labels`` is (n,) or ``None``. ``synthetic`` images were made for the model
    that is audited on them.

    ``class_names`` are what the data calls its classes, in the order of the labels: label
    i is that of ``class_names[i]``, also where the names are numbers, as those of folders
    may be, and where a class has no image. ``by_alphabet`` says that this order is no
    more than that of the names. Without names, labels are the data's own numbers of
    classes. ``files`` (n) are the paths of pictures, below the folder that they were read
    from, where each has a file of its own. ``notes`` are sentences on how the images were
    read that every reader of results should see.
    """

    pixels: Stack
    labels: IntArray | None
    pixel_range: tuple[float, float]
    source: str
    sha256: str
    split: str | None = None
    class_names: tuple[str, ...] | None = None
    synthetic: bool = False
    by_alphabet: bool = False
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (height, width, channels) or (D,)."""
        return self.pixels.shape[1:]

    def take(self, rows: IntArray, split: str) -> "Images":
        """Give the images of some rows, as a split of that name."""
        labels = None if self.labels is None else self.labels[rows]
        files = None if self.files is None else tuple(self.files[row] for row in rows)
        return replace(self, pixels=self.pixels[rows], labels=labels, split=split, files=files)

    def unit_pixels(self, rows: IntArray | slice) -> FloatArray:
        """Give the pixels of some rows in 0..1: (n, *image_shape), float32."""
        low, high = self.pixel_range
        pixels = self.pixels[rows].astype(np.float32)
        if low:
            pixels -= np.float32(low)
        if high - low != 1:
            pixels /= np.float32(high - low)
        release(self.pixels)
        return pixels


def images_of(
    loaded: Loaded,
    *,
    source: str,
    sha256: str | None = None,
    file: Path | None = None,
    pixel_range: tuple[float, float] | None = None,
) -> Images:
    """Check what a reader found, and make images of it.

    ``sha256`` is that of the ``file`` or, where neither is given, of the pixels. Raises
    DataError for what is no labelled images.
    """
    pixels = loaded.pixels
    if isinstance(pixels, np.ndarray):
        pixels = arrange_pixels(pixels, _count(loaded.labels))
    labels = Labels(None, loaded.class_names, loaded.by_alphabet)
    if loaded.labels is not None:
        labels = number_labels(loaded.labels, len(pixels), loaded.class_names, loaded.by_alphabet)
    found = None
    if sha256 is None:
        found, sha256 = look_through(pixels, file)
    pixel_range = find_pixel_range(pixels, pixel_range, found)
    dark = note_on_dark_images(pixels, pixel_range)
    return Images(
        pixels=pixels,
        labels=labels.numbers,
        pixel_range=pixel_range,
        source=source,
        sha256=sha256,
        split=loaded.split,
        class_names=labels.class_names,
        by_alphabet=labels.by_alphabet,
        notes=loaded.notes if dark is None else (*loaded.notes, dark),
        files=loaded.files,
    )


def _count(labels: Pixels | None) -> int | None:
    return len(labels) if labels is not None and labels.ndim else None
