"""Reading labelled images: what lies on disk becomes `Images`.

The formats: ``.npz`` and ``.npy`` archives, folders with one folder of pictures
a class, MNIST IDX files and CIFAR binary batches. Nothing is ever unpickled.
"""

import hashlib
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from robaudit.data.archives import array_shapes, is_npy, read_npy, read_npz
from robaudit.data.array_names import parts_of, split_name
from robaudit.data.binary import (
    find_in_folder,
    has_files_of,
    is_cifar,
    is_idx,
    read_cifar,
    read_idx_pair,
)
from robaudit.data.damage import READABLE, what_is_it, whatever_is_wrong
from robaudit.data.images import Images, Loaded, Tell, images_of, tell_nobody
from robaudit.data.label_files import read_labels
from robaudit.data.label_text import LabelFile
from robaudit.data.parts import usual_part
from robaudit.data.pictures.folders import parts_in, read_folder
from robaudit.data.pictures.picture import PictureReading, is_picture
from robaudit.errors import DataError, UsageError
from robaudit.storage.nearest import nearest_path


def read_images(
    path: Path | str,
    *,
    split: str | None = None,
    labels: Path | str | None = None,
    pixel_range: tuple[float, float] | None = None,
    image_size: tuple[int, int] | None = None,
    background: str | Sequence[int] = "white",
    ignore_exif: bool = False,
    tell: Tell = tell_nobody,
) -> Images:
    """Read images, and their labels where there are any.

    ``path`` may name arrays of an archive, ``data.npz:images,labels``. ``split`` ("test"
    unless given, or else "val") chooses among the parts of a data set; ``labels`` names a
    file of labels of its own; ``pixel_range`` says which numbers stand for black and
    white. Pictures in folders are scaled and cropped to ``image_size`` (height, width);
    what is transparent in them is laid on ``background``, the name of a colour, "#rrggbb"
    or "none"; and they are turned as EXIF data says, unless ``ignore_exif``.

    What takes more than 256 MiB stays where it is, and is read again for each row that is asked
    for; what is compressed is unpacked to a temporary file, of which ``tell`` hears first.

    Raises OutputError where there is no room for that, UsageError for a missing file and
    DataError for one that does not hold
    labelled images.
    """
    reading = PictureReading(image_size, background, ignore_exif)
    path, arrays = split_name(path)
    if not path.is_file() and not path.is_dir():
        raise UsageError(f"no data at {path}", expected=READABLE, advice=nearest_path(path))
    own_labels = None if labels is None else read_labels(labels, split)
    try:
        with whatever_is_wrong():
            loaded = _load(path, arrays, split, reading, own_labels, tell)
        return images_of(
            loaded,
            source=":".join([str(path), *filter(None, [",".join(arrays)])]),
            sha256=digest(path) if path.is_dir() else None,
            file=path,
            pixel_range=pixel_range,
        )
    except DataError as error:
        raise DataError(
            f"{path}: {error.found}", expected=error.expected, advice=error.advice
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def split_names(path: Path) -> tuple[str, ...]:
    """Name the parts of a data set: "train", "test" and others; none for one without parts.

    Parts are named as usual, "val" also where "valid" stands there. Whether they can be
    read is not looked at.
    """
    path, arrays = split_name(path)
    with suppress(OSError, ValueError, zipfile.BadZipFile, DataError):
        if path.is_dir():
            there = {usual_part(name) for name in parts_in(path)}
            usual = ("train", "val", "test")
            return tuple(name for name in usual if name in there or has_files_of(path, name))
        if zipfile.is_zipfile(path) and not arrays:
            return parts_of(array_shapes(path))
    return ()


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files of a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    total = hashlib.sha256()
    for inner in sorted(p for p in path.rglob("*") if p.is_file()):
        total.update(os.fsencode(inner.relative_to(path)) + f"\0{digest(inner)}\n".encode())
    return total.hexdigest()


def _load(
    path: Path,
    arrays: tuple[str, ...],
    split: str | None,
    reading: PictureReading,
    labels: LabelFile | None,
    tell: Tell,
) -> Loaded:
    """Read whatever lies there, with the labels of a file where there is one."""
    if path.is_dir():
        binary = find_in_folder(path, usual_part(split or "test"), tell)
        if binary is None:
            return read_folder(path, split, reading, labels)
        loaded = replace(binary, split=split or "test")
    else:
        loaded = _load_file(path, arrays, split, tell)
    if labels is None:
        return loaded
    notes = loaded.notes
    if labels.names is not None and not labels.counted:
        notes = (*notes, "Labels were taken in the order of their lines, not by the names there.")
    names = labels.class_names or loaded.class_names
    return replace(loaded, labels=labels.in_order(), class_names=names, notes=notes)


def _load_file(path: Path, arrays: tuple[str, ...], split: str | None, tell: Tell) -> Loaded:
    if zipfile.is_zipfile(path):
        return read_npz(path, split, arrays, tell)
    if arrays:
        raise UsageError(f"names of arrays for {path}", expected="an .npz file")
    if split is not None:
        raise UsageError(
            f'`split="{split}"` for {path}, which has no parts', expected="an .npz file or a folder"
        )
    if is_npy(path):
        return Loaded(read_npy(path))
    if is_idx(path):
        return read_idx_pair(path, tell)
    if is_cifar(path):
        return read_cifar([path])
    raise DataError("a single picture" if is_picture(path) else what_is_it(path), expected=READABLE)
