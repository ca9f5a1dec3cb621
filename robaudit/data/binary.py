"""The binary formats that MNIST (IDX) and CIFAR were published in."""

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from robaudit.data.damage import starts_with
from robaudit.data.images import Loaded, Tell, tell_nobody
from robaudit.data.stacks import Pixels
from robaudit.data.text import read_text, some_of
from robaudit.errors import DataError
from robaudit.storage import mapped
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
_GZIP = b"\x1f\x8b"
_CIFAR_IMAGE = 3 * 32 * 32
_IDX_IMAGES = {"test": ("t10k-images*", "*test-images*"), "train": ("*train-images*",)}
_CIFAR_BATCHES = {
    "test": ("test_batch.bin", "test.bin"),
    "train": ("data_batch_*.bin", "train.bin"),
}


def find_in_folder(folder: Path, split: str, tell: Tell = tell_nobody) -> Loaded | None:
    """Read the IDX files or CIFAR batches of a folder, or give ``None`` if it has none."""
    found = {
        file.name.removesuffix(".gz"): file
        for pattern in _IDX_IMAGES.get(split, ())
        for file in sorted(folder.glob(pattern), reverse=True)
        if is_idx(file)
    }
    if len(found) > 1:
        raise DataError(
            f"{len(found)} files of {split} images: {some_of(sorted(found))}",
            expected="one",
            advice="Name the file itself.",
        )
    for file in found.values():
        return read_idx_pair(file, tell)
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
    if head[:2] == _GZIP:
        try:
            with gzip.open(path) as file:
                head = file.read(4)
        except (OSError, EOFError, zlib.error):
            return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _IDX_TYPES and 1 <= head[3] <= 4


def read_idx(path: Path, tell: Tell = tell_nobody) -> Pixels:
    """Read one IDX file as the array it holds.

    A large one stays in its file or, where that is compressed, in a temporary one that it is
    unpacked to: ``tell`` hears of that first.
    """
    with _unpacked(path) as file:
        head = file.read(4)
        dtype = np.dtype(_IDX_TYPES[head[2]])
        shape = np.frombuffer(file.read(4 * head[3]), dtype=">u4").tolist()
        start, needed = file.tell(), math.prod(shape) * dtype.itemsize
        excess = excess_of(needed, path.stat().st_size)
        if excess:
            raise DataError(f"{path.name} {excess}", expected="as many bytes as are there")
        if len(shape) == head[3] and needed > mapped.MOST_IN_MEMORY:
            return _mapped(path, file, start, dtype, tuple(shape), tell)
        content = file.read(needed + 1)  # no more than that is unpacked
    if len(shape) != head[3] or len(content) != needed:
        raise _not_as_long(path, len(content), needed)
    array = np.frombuffer(content, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def _mapped(
    path: Path,
    file: IO[bytes],
    start: int,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    tell: Tell,
) -> Pixels:
    """Map numbers of a shape that begin at ``start``, where a file has been read to."""
    needed = math.prod(shape) * dtype.itemsize
    if starts_with(path, _GZIP):
        tell(f"unpacking {path.name}: {mapped.written_size(needed)} to a temporary file")
        with mapped.unpack(file, needed) as plain:
            there = plain.tell() + len(file.read(1))
            if there == needed:
                return mapped.map_numbers(plain, dtype, shape, 0)
    else:
        there = path.stat().st_size - start
        if there == needed:
            return mapped.map_numbers(file, dtype, shape, start)
    raise _not_as_long(path, there, needed)


def _not_as_long(path: Path, there: int, needed: int) -> DataError:
    more = "more than " if there > needed else ""
    found = f"{more}{min(needed, there)} bytes of numbers"
    return DataError(f"{path.name} holds {found}", expected=f"{needed}")


def _unpacked(path: Path) -> IO[bytes]:
    packed = starts_with(path, _GZIP)
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def read_idx_pair(images: Path, tell: Tell = tell_nobody) -> Loaded:
    """Read IDX images and, where they lie beside them, their labels."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    for labels in (images.with_name(name), images.with_name(name.removesuffix(".gz"))):
        if labels != images and is_idx(labels):
            return Loaded(read_idx(images, tell), read_idx(labels))
    return Loaded(read_idx(images, tell))


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
        records = _records(batch, label_bytes + _CIFAR_IMAGE)
        labels.append(np.array(records[:, label_bytes - 1]))
        pixels.append(records[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    names = _cifar_names(batches[0].parent)
    if len(batches) == 1:
        return Loaded(pixels[0], labels[0], names)
    return Loaded(np.concatenate(pixels), np.concatenate(labels), names)


def _records(path: Path, size: int) -> Pixels:
    """Give the records of a batch, (n, ``size``) bytes."""
    count = path.stat().st_size // size
    if count * size <= mapped.MOST_IN_MEMORY:
        return np.fromfile(path, dtype=np.uint8).reshape(count, size)
    with path.open("rb") as file:
        return mapped.map_numbers(file, np.dtype(np.uint8), (count, size), 0)


def _label_bytes(path: Path) -> int | None:
    size = path.stat().st_size
    return next((n for n in (1, 2) if size and size % (n + _CIFAR_IMAGE) == 0), None)


def _cifar_names(folder: Path) -> tuple[str, ...] | None:
    for name in ("batches.meta.txt", "fine_label_names.txt"):
        if is_file_inside(folder / name, folder):
            lines = read_text(folder / name).splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    return None
