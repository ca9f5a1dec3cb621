"""Folders of pictures: one folder a class."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from robaudit.data.images import Loaded, Pixels
from robaudit.errors import DataError

PICTURES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


def read_folder(folder: Path, split: str | None, size: tuple[int, int] | None) -> Loaded:
    """Read all pictures below ``folder`` (or its ``split``); a class is a folder of them.

    Where all folders are named by numbers, these are the classes' numbers; else
    classes are numbered in alphabetical order.
    """
    root = folder / (split or "test")
    if not root.is_dir() or (split is None and _pictures(root)):
        if split is not None:
            raise DataError(
                f"no folder named {split}", expected=f"{folder.name}/{split}/CLASS/PICTURE"
            )
        root = folder
    folders = [path for path in root.iterdir() if path.is_dir() and path.name[0] != "."]
    classes = [path for path in folders if _pictures(path)]
    if not classes:
        raise DataError(
            "no folders of pictures" if not _pictures(root) else "pictures outside class folders",
            expected="one folder a class, with pictures in it",
        )
    classes.sort()
    numbered = all(path.name.isdecimal() for path in classes)
    numbers = [int(path.name) for path in classes] if numbered else range(len(classes))
    files = [
        (label, file)
        for label, path in sorted(zip(numbers, classes, strict=True))
        for file in _pictures(path)
    ]
    pixels = [_read_picture(file, size) for _, file in files]
    return Loaded(
        pixels=_stack(pixels, [file for _, file in files]),
        labels=np.array([label for label, _ in files]),
        class_names=None if numbered else tuple(path.name for path in classes),
        split=None if root == folder else root.name,
        by_alphabet=not numbered,
    )


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURES and not path.name.startswith(".") and path.is_file()
    )


def _read_picture(path: Path, size: tuple[int, int] | None) -> Pixels:
    """Read one picture: (height, width) grey or (height, width, 3) colour."""
    try:
        with Image.open(path) as picture:
            image: Image.Image = picture
            if not image.mode.startswith("I;16"):
                image = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
            if size is not None:
                image = ImageOps.fit(image, (size[1], size[0]), Image.Resampling.BILINEAR)
            return np.asarray(image)
    except Exception as error:  # Pillow raises anything on damaged files
        raise DataError(f"{path} cannot be read as a picture ({error})") from error


def _stack(pictures: list[Pixels], files: list[Path]) -> Pixels:
    if len({picture.dtype for picture in pictures}) > 1:  # of 16 bits, the lower 8 are dropped
        pictures = [
            (picture >> 8).astype(np.uint8) if picture.dtype == np.uint16 else picture
            for picture in pictures
        ]
    if {picture.ndim for picture in pictures} == {2, 3}:
        pictures = [
            np.repeat(picture[..., np.newaxis], 3, axis=2) if picture.ndim == 2 else picture
            for picture in pictures
        ]
    for picture, file in zip(pictures, files, strict=True):
        if picture.shape != pictures[0].shape:
            raise DataError(
                f"{files[0]} is {_size(pictures[0])} and {file} is {_size(picture)}",
                expected="pictures of one size",
                advice="Scale and crop them with --image-size HEIGHTxWIDTH.",
            )
    return np.stack(pictures)


def _size(picture: Pixels) -> str:
    return f"{picture.shape[0]}x{picture.shape[1]}"
