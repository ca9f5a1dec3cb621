"""How the numbers of a picture lie in an input: layout, channels, and where they may go."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robaudit.data.images import Images
from robaudit.data.stacks import in_channels, pieces
from robaudit.errors import DataError
from robaudit.types import FloatArray

Channels = Literal["rgb", "bgr", "grey"]
Layout = Literal["CHW", "HWC", "HW", "flat"]


@dataclass(frozen=True)
class Arrangement:
    """How the pixels of an image become one input of a model.

    ``image_shape`` is (height, width, channels). ``layout`` is the order of axes
    before they are reshaped to the model's input; "flat" data is reshaped only.
    ``exchanged`` pictures have their rows where columns were, as those of programs that
    count down columns first.
    """

    image_shape: tuple[int, ...]
    layout: Layout
    channels: Channels
    exchanged: bool = False

    @property
    def picture_shape(self) -> tuple[int, ...]:
        """Shape of an image as the model sees it: (height, width, channels), or (D,)."""
        if not self.exchanged:
            return self.image_shape
        height, width, channels = self.image_shape
        return width, height, channels

    def arrange(self, pixels: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """Bring images (n, *image_shape) into a model's input: (n, *shape)."""
        if self.exchanged:
            pixels = pixels.transpose(0, 2, 1, 3)
        if self.channels == "bgr":
            pixels = pixels[..., ::-1]
        if self.layout == "CHW":
            pixels = pixels.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(pixels.reshape(len(pixels), *shape))

    def restore(self, x: FloatArray) -> FloatArray | None:
        """Bring inputs (n, *shape) back into images (n, height, width, channels), in RGB.

        ``None`` for inputs that are no pictures.
        """
        if len(self.image_shape) != 3:
            return None
        height, width, channels = self.picture_shape
        if self.layout == "CHW":
            pixels = x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
        else:
            pixels = x.reshape(-1, height, width, channels)
        if self.exchanged:
            pixels = pixels.transpose(0, 2, 1, 3)
        return pixels[..., ::-1] if self.channels == "bgr" else pixels


def arrangements(
    image_shape: tuple[int, ...], shape: tuple[int, ...], *, in_a_row: bool = False
) -> list[Arrangement]:
    """List the ways in which images can be arranged as inputs of a shape, usual ones first.

    After those of pictures as they stand come those with rows and columns exchanged. Inputs
    ``in_a_row`` hold the numbers of pictures in any order of axes, whatever their shape says.

    >>> [a.layout for a in arrangements((32, 32, 3), (3072,)) if not a.exchanged]
    ['CHW', 'CHW', 'HWC', 'HWC']
    >>> arrangements((28, 28, 1), (28, 28, 1))[0].layout
    'HWC'
    """
    if in_a_row and image_shape[-1] > 1:
        shape = (math.prod(shape),)
    as_they_stand = _as_they_stand(image_shape, shape)
    if len(image_shape) == 1 or 1 in image_shape[:2]:
        return as_they_stand
    height, width, depth = image_shape
    return as_they_stand + [
        replace(arrangement, image_shape=image_shape, exchanged=True)
        for arrangement in _as_they_stand((width, height, depth), shape)
    ]


def _as_they_stand(image_shape: tuple[int, ...], shape: tuple[int, ...]) -> list[Arrangement]:
    if len(image_shape) == 1:
        fits = np.prod(shape) == image_shape[0]
        return [Arrangement(image_shape, "flat", "grey")] if fits else []
    height, width, depth = image_shape
    wanted = _without_ones(shape)
    flat = (height * width * depth,)
    layouts: list[Layout] = []
    if wanted in (_without_ones((depth, height, width)), _without_ones(flat)):
        layouts.append("CHW")
    if depth > 1 and wanted in (_without_ones(image_shape), flat):
        layouts.append("HWC")
    if depth == 1 and layouts:
        layouts = ["CHW" if shape[0] == 1 else "HWC" if shape[-1] == 1 else "HW"]
    orders: tuple[Channels, ...] = ("rgb", "bgr") if depth == 3 else ("grey",)
    return [Arrangement(image_shape, layout, order) for layout in layouts for order in orders]


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def fit_channels(images: Images, shape: tuple[int, ...]) -> tuple[Images, str | None]:
    """Give images the number of channels that a model takes, if that can be done losslessly.

    Grey images are repeated over three channels, and colour images whose channels
    are all the same become grey. Returns the images and what was done, if anything.

    Raises DataError for images that cannot be arranged as inputs of ``shape``.
    """
    if arrangements(images.image_shape, shape):
        return images, None
    pixels = images.pixels
    depth = pixels.shape[3] if len(pixels.shape) == 4 else None
    if depth == 1:
        repeated = in_channels(pixels, 3)
        if arrangements(repeated.shape[1:], shape):
            return replace(images, pixels=repeated), "grey images, repeated over three channels"
    if depth == 3:
        grey = in_channels(pixels, 1)
        if arrangements(grey.shape[1:], shape):
            if all((piece == piece[..., :1]).all() for piece in pieces(pixels)):
                return replace(images, pixels=grey), "grey images that were stored in colour"
            raise DataError(
                f"{images.source} holds colour images",
                expected=f"grey ones, for a model whose input is {shape}",
            )
    raise DataError(
        f"images of shape {images.image_shape} in {images.source}",
        expected=f"images that fit the model's input, {shape}",
        advice="Folders of pictures can be brought to one size, e.g. `image_size=(224, 224)`.",
    )
