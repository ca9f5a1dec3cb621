"""Natural corruptions: what weather, cameras and file formats do to pictures.

They work on pictures of eight bits, as cameras and files have them.
"""

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from robaudit.types import FloatArray

Picture = Image.Image
Corrupt = Callable[[Picture, Mapping[str, float], np.random.Generator], Picture]


def corrupted(
    pictures: FloatArray,
    name: str,
    strength: Mapping[str, float],
    random: Sequence[np.random.Generator],
) -> FloatArray:
    """Corrupt pictures (n, height, width, 1 or 3) of 0..1, each by its own random numbers (n)."""
    corrupt = CORRUPTIONS[name]
    eight_bits = np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)
    grey = eight_bits.shape[3] == 1
    changed = [
        np.asarray(corrupt(Image.fromarray(picture[..., 0] if grey else picture), strength, own))
        for picture, own in zip(eight_bits, random, strict=True)
    ]
    return np.stack(changed).reshape(pictures.shape).astype(np.float32) / 255


def _blur(picture: Picture, strength: Mapping[str, float], _random: np.random.Generator) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(strength["radius"]))


def _contrast(
    picture: Picture, strength: Mapping[str, float], _random: np.random.Generator
) -> Picture:
    return ImageEnhance.Contrast(picture).enhance(strength["factor"])


def _brightness(
    picture: Picture, strength: Mapping[str, float], _random: np.random.Generator
) -> Picture:
    added = (round(255 * strength["added"]),) * len(picture.getbands())
    return ImageChops.add(picture, Image.new(picture.mode, picture.size, added))


def _rotation(
    picture: Picture, strength: Mapping[str, float], random: np.random.Generator
) -> Picture:
    angle = random.uniform(-strength["degrees"], strength["degrees"])
    return picture.rotate(angle, Image.Resampling.BILINEAR)


def _translation(
    picture: Picture, strength: Mapping[str, float], random: np.random.Generator
) -> Picture:
    most = strength["share"] * np.array(picture.size)
    across, down = np.rint(random.uniform(-most, most))
    return picture.transform(
        picture.size, Image.Transform.AFFINE, (1, 0, across, 0, 1, down), Image.Resampling.NEAREST
    )


def _jpeg(picture: Picture, strength: Mapping[str, float], _random: np.random.Generator) -> Picture:
    buffer = io.BytesIO()
    picture.save(buffer, format="jpeg", quality=int(strength["quality"]))
    with Image.open(buffer) as jpeg:
        return jpeg.convert(picture.mode)


CORRUPTIONS: dict[str, Corrupt] = {
    "blur": _blur,
    "contrast": _contrast,
    "brightness": _brightness,
    "rotation": _rotation,
    "translation": _translation,
    "jpeg": _jpeg,
}
