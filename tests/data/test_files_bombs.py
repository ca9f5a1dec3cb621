"""Data of strangers that would become far more than it is is refused before it does."""

import gzip
import resource
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.data import text
from robaudit.data.class_names import read_class_names
from robaudit.data.label_files import read_labels
from robaudit.data.pictures import picture
from robaudit.errors import DataError, UsageError
from tests.support.bombs import npy_of, packed_zeros

_IDX = b"\0\0\x08\x03"


def idx_that_says(path: Path, shape: tuple[int, ...], held: int) -> Path:
    """Write packed IDX images that say that they are of a shape."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(_IDX + struct.pack(">3I", *shape))
        for _ in range(held // 2**24):
            file.write(bytes(2**24))
        file.write(bytes(held % 2**24))
    return path


def says_more(path: Path) -> Path:
    return idx_that_says(path, (2**31, 2**31, 255), 100)


def holds_more(path: Path) -> Path:
    return idx_that_says(path, (1, 2, 2), 2**28)


def is_more(path: Path) -> Path:
    return idx_that_says(path, (2**29, 1, 1), 2**29)


def npy(path: Path) -> Path:
    path.write_bytes(npy_of((2**20, 2**20), bytes(64)))
    return path


def npz(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_test.npy", npy_of((2**20, 2**20), bytes(64)))
    return path


def packed_npz(path: Path) -> Path:
    return packed_zeros(path, {"x_test.npy": 2**29})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (says_more, r"unpacks to \d{22} bytes, and is \d+: at most 100 times as much and 256 MiB"),
        (holds_more, r"holds more than 4 bytes of numbers.*expected 4"),
        (is_more, "unpacks to 536870912 bytes"),
        (npy, r"has 64 bytes for an array of float64 and shape \(1048576, 1048576\)"),
        (npz, r"has 64 bytes for an array .*, in 'x_test.npy'"),
        (packed_npz, "unpacks to 536870912 bytes"),
    ],
)
@pytest.mark.parametrize("read", [read_images, read_labels])
def test_files_that_become_far_more_than_they_are(
    read: Callable[[Path], object], make: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    path = make(tmp_path / "data.idx.gz")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match=words):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**17  # KiB


def test_texts_have_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("cat\n" * 2**21)
    with pytest.raises(UsageError, match="a text of more than 4194304 bytes"):
        read_class_names(str(path))
    monkeypatch.setattr(text.read_text, "__defaults__", (1000,))
    with pytest.raises(DataError, match="a text of more than 1000 bytes"):
        read_labels(path)


def test_a_folder_of_pictures_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is less than Pillow allows, and hundreds of them are more than there is memory."""
    monkeypatch.setattr(picture, "_SPARE", 2**20)
    (tmp_path / "data" / "cat").mkdir(parents=True)
    for each in range(3):
        Image.new("L", (1000, 1000)).save(tmp_path / "data" / "cat" / f"{each}.png")
    with pytest.raises(DataError, match=r"cat unpacks to 2000000 bytes.*image_size"):
        read_images(tmp_path / "data")
    read_images(tmp_path / "data", image_size=(10, 10))


@pytest.mark.parametrize("suffix", ["gif", "tiff", "webp"])
def test_of_many_frames_the_first_is_read_alone(suffix: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frames = [Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)) for _ in range(300)]
    folder = tmp_path / "data" / "cat"
    folder.mkdir(parents=True)
    frames[0].save(folder / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    images = read_images(tmp_path / "data")
    assert images.pixels.shape[:3] == (1, 8, 8)
    assert any("First of several frames" in note for note in images.notes)
