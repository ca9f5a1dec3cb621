"""What a file may become is known before it is unpacked."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robaudit.storage.bounded import SPARE, excess_in_archive
from tests.support.bombs import claiming, npy_of, packed_zeros


def archive(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as file:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in members:
            file.writestr(name, content)
    return path


def far_more(path: Path) -> Path:
    return packed_zeros(path, {"zeros": SPARE + 2**27})


def together(path: Path) -> Path:
    """Make members of which each alone might be."""
    return packed_zeros(path, {f"part_{each}": SPARE // 2 for each in range(4)})


def claimed(path: Path) -> Path:
    """Say of a member that it is of a terabyte."""
    return claiming(archive(path, ("a", bytes(100))), 2**40)


def twice(path: Path) -> Path:
    return archive(path, ("a", b"1"), ("b", b"2"), ("a", b"3"))


def by_lzma(path: Path) -> Path:
    """Say that it takes 4 GB to unpack a hundred bytes."""
    archive(path, ("a", bytes(100)), method=zipfile.ZIP_LZMA)
    content = bytearray(path.read_bytes())
    place = 30 + len("a") + 5
    content[place : place + 4] = b"\xff" * 4
    path.write_bytes(content)
    return path


def large_array(path: Path) -> Path:
    return archive(path, ("a.npy", npy_of((2**20, 2**20), bytes(100))))


def negative_array(path: Path) -> Path:
    return archive(path, ("a.npy", npy_of((-1, -100), bytes(800))))


def inner_array(path: Path) -> Path:
    inner = large_array(path.with_suffix(".inner")).read_bytes()
    return archive(path, ("sparse.npz", inner))


def inner_inner(path: Path) -> Path:
    content = archive(path.with_suffix(".0"), ("a", b"1")).read_bytes()
    for depth in range(1, 4):
        content = archive(path.with_suffix(f".{depth}"), ("a", content)).read_bytes()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (far_more, "unpacks to 402653184 bytes"),
        (together, "unpacks to 536870912 bytes"),
        (claimed, "unpacks to 1099511627776 bytes"),
        (twice, "holds 'a' twice"),
        (by_lzma, "takes 4294967295 bytes to unpack"),
        (large_array, r"has 100 bytes for an array of float64 and shape \(1048576, 1048576\)"),
        (negative_array, "has 800 bytes for an array"),
        (inner_array, "in 'a.npy', in 'sparse.npz'"),
        (inner_inner, "holds archives in archives"),
    ],
)
def test_archives_that_are_more_than_they_may_be(
    make: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    path = make(tmp_path / "bomb.zip")
    with pytest.raises(AssertionError, match=words):
        assert not excess_in_archive(path), excess_in_archive(path)


def test_archives_of_arrays_are_not(tmp_path: Path) -> None:
    file = io.BytesIO()
    arrays = {"a": np.zeros((3, 4)), "b": np.array("text"), "c": np.zeros((0, 3))}
    np.savez_compressed(file, d=np.array([None, {}]), **arrays)  # type: ignore[arg-type]
    assert excess_in_archive(file) is None
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = archive(tmp_path / "a.zip", ("a", bytes(10**6)), method=method)
        assert excess_in_archive(path) is None
    black = tmp_path / "black.npz"
    np.savez_compressed(black, np.zeros((2**13, 32, 32), np.uint8))
    assert excess_in_archive(black) is None


def test_a_head_that_is_no_array_is_damage(tmp_path: Path) -> None:
    content = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + b"{"
    path = archive(tmp_path / "a.npz", ("a.npy", content))
    with pytest.raises(ValueError, match="header"):
        excess_in_archive(path)
