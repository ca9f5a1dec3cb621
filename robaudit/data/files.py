"""Reading labelled images: what lies on disk becomes `Images`.

The formats: ``.npz`` and ``.npy`` archives, folders with one folder of pictures
a class, MNIST IDX files and CIFAR binary batches. Nothing is ever unpickled.
"""

import hashlib
import os
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from robaudit.data.binary import (
    find_in_folder,
    has_files_of,
    is_cifar,
    is_idx,
    read_cifar,
    read_idx,
    read_idx_pair,
)
from robaudit.data.folders import read_folder
from robaudit.data.images import (
    Images,
    Loaded,
    Pixels,
    arrange_pixels,
    check_labels,
    find_pixel_range,
)
from robaudit.errors import DataError, RobauditError, UsageError

READABLE = (
    "a NumPy .npz or .npy file, an MNIST IDX file, a CIFAR binary batch, "
    "or a folder with one folder of pictures a class"
)


_NPY = b"\x93NUMPY"


def read_images(
    path: Path | str,
    *,
    split: str | None = None,
    labels: Path | str | None = None,
    pixel_range: tuple[float, float] | None = None,
    image_size: tuple[int, int] | None = None,
) -> Images:
    """Read images, and their labels where there are any.

    ``split`` ("test" unless given) chooses among the parts of a data set;
    ``labels`` names a file of labels of its own; ``pixel_range`` says which
    numbers stand for 0 and 1; pictures in folders are scaled and cropped to
    ``image_size`` (height, width).

    Raises UsageError for a missing file and DataError for one that does not hold
    labelled images.
    """
    path = Path(path)
    if not path.is_file() and not path.is_dir():
        raise UsageError(f"no data at {path}", expected=READABLE)
    own_labels = None if labels is None else read_labels(Path(labels))
    try:
        loaded = _load(path, split, image_size)
        pixels = arrange_pixels(loaded.pixels)
        own_labels = loaded.labels if own_labels is None else own_labels
        return Images(
            pixels=pixels,
            labels=None if own_labels is None else check_labels(own_labels, len(pixels)),
            pixel_range=find_pixel_range(pixels, pixel_range),
            source=str(path),
            sha256=digest(path),
            split=loaded.split,
            class_names=loaded.class_names,
            by_alphabet=loaded.by_alphabet,
        )
    except DataError as error:
        raise DataError(
            f"{path}: {error.found}", expected=error.expected, advice=error.advice
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def split_names(path: Path) -> tuple[str, ...]:
    """Name the parts of a data set: "train", "test" and others; none for one without parts.

    Whether they can be read is not looked at.
    """
    with suppress(OSError, ValueError, zipfile.BadZipFile):
        if path.is_dir():
            usual = ("train", "test")
            return tuple(
                name for name in usual if (path / name).is_dir() or has_files_of(path, name)
            )
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                keys = [Path(name).stem for name in archive.namelist()]
            return tuple(key.removeprefix("x_") for key in keys if key.startswith("x_"))
    return ()


def read_labels(path: Path) -> Pixels:
    """Read a file of labels: ``.npy``, IDX, or text with one number a line."""
    if not path.is_file():
        raise UsageError(f"no labels at {path}", expected="a .npy, IDX or text file of labels")
    try:
        with whatever_is_wrong():
            if _starts_with(path, _NPY):
                return _read_npy(path)
            if is_idx(path):
                return read_idx(path)
            lines = path.read_text(encoding="utf-8-sig").replace(",", " ").split()
            return np.array([int(number) for number in lines])
    except DataError as error:
        raise DataError(
            f"labels in {path} cannot be read ({error.found})", expected="one class number a line"
        ) from error


def read_class_names(text: str) -> tuple[str, ...]:
    """Read class names: ``a,b,c``, or a file with one name a line.

    >>> read_class_names("cat, dog")
    ('cat', 'dog')
    """
    path = Path(text)
    try:
        if path.is_file():
            lines = path.read_text(encoding="utf-8-sig").splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"class names in {text} cannot be read: {error}", expected="text, one name a line"
        ) from error
    if "," not in text and path.suffix:
        raise UsageError(f"no class names at {text}", expected="a file, or names: a,b,c")
    return tuple(name.strip() for name in text.split(","))


def with_class_names(images: Images, names: tuple[str, ...]) -> Images:
    """Give images the class names of a model.

    Classes that the data names itself, as folders of pictures do, are numbered
    anew by the model's names; DataError is raised for one that is not among them.
    """
    own = images.class_names
    if own is None or images.labels is None:
        return replace(images, class_names=names)
    strange = sorted(set(own) - set(names))
    if strange:
        raise DataError(
            f"{images.source} has a class {strange[0]!r}", expected="classes among --class-names"
        )
    numbers = np.array([names.index(name) for name in own])
    return replace(images, class_names=names, labels=numbers[images.labels])


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files of a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    total = hashlib.sha256()
    for inner in sorted(p for p in path.rglob("*") if p.is_file()):
        total.update(os.fsencode(inner.relative_to(path)) + f"\0{digest(inner)}\n".encode())
    return total.hexdigest()


def _load(path: Path, split: str | None, image_size: tuple[int, int] | None) -> Loaded:
    with whatever_is_wrong():
        return _load_format(path, split, image_size)


def _load_format(path: Path, split: str | None, image_size: tuple[int, int] | None) -> Loaded:
    if path.is_dir():
        binary = find_in_folder(path, split or "test")
        if binary is not None:
            return replace(binary, split=split or "test")
        return read_folder(path, split, image_size)
    if zipfile.is_zipfile(path):
        return _read_npz(path, split)
    if split is not None:
        raise UsageError(
            f"--split {split} for {path}, which has no parts", expected="an .npz file or a folder"
        )
    if _starts_with(path, _NPY):
        return Loaded(_read_npy(path))
    if is_idx(path):
        return read_idx_pair(path)
    if is_cifar(path):
        return read_cifar([path])
    raise DataError(_what_is_it(path), expected=READABLE)


@contextmanager
def whatever_is_wrong() -> Iterator[None]:
    """Turn whatever a library raises on a strange file into a DataError; let it warn in vain.

    NumPy, Pillow and the decompressors raise some twenty kinds of errors on
    damaged files, and more with each release.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RobauditError, MemoryError, OSError):
        raise
    except Exception as error:
        raise DataError(
            f"damaged, or it holds pickles, which are not read ({type(error).__name__}: {error})",
            expected=READABLE,
        ) from error


def _what_is_it(path: Path) -> str:
    if not path.stat().st_size:
        return "an empty file"
    if _starts_with(path, b"\x80"):
        return "a pickle, which can run code when it is read, and so is not read"
    return "a file of no format that is known here, or a damaged one"


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _read_npz(path: Path, split: str | None) -> Loaded:
    with np.load(path, allow_pickle=False) as archive:
        part = _choose_part(archive.files, split)
        x, y = (f"x_{part}", f"y_{part}") if part else ("x", "y")
        return Loaded(archive[x], archive[y] if y in archive.files else None, split=part)


def _choose_part(keys: list[str], split: str | None) -> str | None:
    """Choose among ``x_test``, ``x_train``, ... and plain ``x`` (``None``)."""
    parts = [key.removeprefix("x_") for key in keys if key.startswith("x_")]
    wanted = split or "test"
    if wanted in parts:
        return wanted
    if "x" in keys and split is None:
        return None
    raise DataError(
        f"arrays named {', '.join(keys) or 'nothing'}",
        expected=f"x_{wanted} and y_{wanted}" + ("" if split else ", or x and y"),
        advice=f"Choose one with --split {parts[0]}." if parts else "",
    )


def _read_npy(path: Path) -> Pixels:
    array: Pixels = np.load(path, allow_pickle=False)
    return array
