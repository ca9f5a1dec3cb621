"""The binary formats that MNIST (IDX) and CIFAR were published in."""

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np

from robaudit.data.damage import starts_with
from robaudit.data.images import Loaded
from robaudit.data.stacks import Pixels
from robaudit.data.text import read_text
from robaudit.errors import DataError
from robaudit.storage.bounded import excess_of
from robaudit.storage.inside import is_file_inside

_IDX_TYPES = {
    0x08: ">u1",
    0x09: ">i1",
    0x0B: ">i2",
    0x0C: ">i4",
    0x0D: ">f4",
    0x0E: ">f8",
}
_CIFAR_IMAGE = 3 * 32 * 32
_IDX_IMAGES = {"test": ("t10k-images*", "*test-images*"), "train": ("*train-images*",)}
_CIFAR_BATCHES = {
    "test": ("test_batch.bin", "test.bin"),
    "train": ("data_batch_*.bin", "train.bin"),
}


def find_in_folder(folder: Path, split: str) -> Loaded | None:
    """Read the IDX files or CIFAR batches of a folder, or give ``None`` if it has none."""
    for pattern in _IDX_IMAGES.get(split, ()):
        for file in sorted(folder.glob(pattern)):
            if is_idx(file):
                return read_idx_pair(file)
    for pattern in _CIFAR_BATCHES.get(split, ()):
        batches = sorted(folder.glob(pattern))
        if batches:
            return read_cifar(batches)
    return None


def has_files_of(folder: Path, split: str) -> bool:
    """Tell whether a folder has files named as IDX files or CIFAR batches of a split are."""
    patterns = (*_IDX_IMAGES.get(split, ()), *_CIFAR_BATCHES.get(split, ()))
    return any(next(folder.glob(pattern), None) for pattern in patterns)


def is_idx(path: Path) -> bool:
    """Tell whether a file, compressed or not, begins as IDX files do."""
    if not path.is_file():
        return False
    with path.open("rb") as plain:
        head = plain.read(4)
    if head[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                head = file.read(4)
        except (OSError, EOFError, zlib.error):
            return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _IDX_TYPES and 1 <= head[3] <= 4


def read_idx(path: Path) -> Pixels:
    """Read one IDX file as the array it holds."""
    with _unpacked(path) as file:
        head = file.read(4)
        dtype = np.dtype(_IDX_TYPES[head[2]])
        shape = np.frombuffer(file.read(4 * head[3]), dtype=">u4").tolist()
        needed = math.prod(shape) * dtype.itemsize
        excess = excess_of(needed, path.stat().st_size)
        if excess:
            raise DataError(f"{path.name} {excess}", expected="as many bytes as are there")
        content = file.read(needed + 1)  # no more than that is unpacked
    if len(shape) != head[3] or len(content) != needed:
        more = "more than " if len(content) > needed else ""
        found = f"{more}{min(needed, len(content))} bytes of numbers"
        raise DataError(f"{path.name} holds {found}", expected=f"{needed}")
    array = np.frombuffer(content, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def _unpacked(path: Path) -> IO[bytes]:
    packed = starts_with(path, b"\x1f\x8b")
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def read_idx_pair(images: Path) -> Loaded:
    """Read IDX images and, where they lie beside them, their labels."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    for labels in (images.with_name(name), images.with_name(name.removesuffix(".gz"))):
        if labels != images and is_idx(labels):
            return Loaded(read_idx(images), read_idx(labels))
    return Loaded(read_idx(images))


def is_cifar(path: Path) -> bool:
    """Tell whether a file has the size of a CIFAR-10 or CIFAR-100 binary batch."""
    return path.suffix == ".bin" and _label_bytes(path) is not None


def read_cifar(batches: list[Path]) -> Loaded:
    """Read binary batches of CIFAR-10, or of CIFAR-100 with its fine labels."""
    pixels, labels = [], []
    for batch in batches:
        label_bytes = _label_bytes(batch)
        if label_bytes is None:
            raise DataError(
                f"{batch.name} holds {batch.stat().st_size} bytes",
                expected="whole records of 3073 (CIFAR-10) or 3074 (CIFAR-100) bytes",
            )
        records = np.fromfile(batch, dtype=np.uint8).reshape(-1, label_bytes + _CIFAR_IMAGE)
        labels.append(records[:, label_bytes - 1])
        pixels.append(records[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return Loaded(np.concatenate(pixels), np.concatenate(labels), _cifar_names(batches[0].parent))


def _label_bytes(path: Path) -> int | None:
    size = path.stat().st_size
    return next((n for n in (1, 2) if size and size % (n + _CIFAR_IMAGE) == 0), None)


def _cifar_names(folder: Path) -> tuple[str, ...] | None:
    for name in ("batches.meta.txt", "fine_label_names.txt"):
        if is_file_inside(folder / name, folder):
            lines = read_text(folder / name).splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    return None
