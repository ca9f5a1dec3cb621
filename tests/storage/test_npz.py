"""Archives are read and written in pieces, and damaged ones are refused."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.errors import RecordError
from robaudit.storage.npz import Pieces, open_archive, write_archive

ARRAYS: dict[str, Any] = {
    "column": np.arange(7, dtype=">i2"),
    "by columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "none": np.zeros((0, 3)),
    "number": np.array(3),
}


def test_what_numpy_writes_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "plain.npz", **ARRAYS)
    with (tmp_path / "ours.npz").open("wb") as file:
        pieces = Pieces((7,), ">i2", lambda: [np.arange(4), np.arange(4, 7)])
        write_archive(file, {**ARRAYS, "column": pieces})
    for name in ("plain", "ours"):
        with open_archive(tmp_path / f"{name}.npz") as archive:
            assert archive is not None
            assert archive.names == set(ARRAYS)
            for key, array in ARRAYS.items():
                assert archive.shape_and_dtype(key) == (array.shape, array.dtype)
                np.testing.assert_array_equal(archive.whole(key), array)
            read = list(archive.pieces("column", [3, 4]))
            assert [one.tolist() for one in read] == [[0, 1, 2], [3, 4, 5, 6]]
            with pytest.raises(KeyError, match="nothing"):
                archive.whole("nothing")
    with open_archive(tmp_path / "none.npz") as archive:
        assert archive is None


def read_whole(path: Path) -> None:
    with open_archive(path) as archive:
        assert archive is not None
        archive.whole("x")


def read_in_pieces(path: Path) -> None:
    with open_archive(path) as archive:
        assert archive is not None
        list(archive.pieces("x", [5, 5]))


def member(head: str, content: bytes = bytes(80)) -> bytes:
    """Make a member with a header of our own."""
    text = head.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (10,)}"


DAMAGED = {
    "claims more than there is": (member(GOOD.replace("10", str(10**15))), zipfile.ZIP_DEFLATED),
    "claims less than there is": (member(GOOD.replace("10", "9")), zipfile.ZIP_DEFLATED),
    "claims a negative size": (member(GOOD.replace("(10,)", "(-2, -5)")), zipfile.ZIP_DEFLATED),
    "holds objects": (member(GOOD.replace("<f8", "|O")), zipfile.ZIP_DEFLATED),
    "has a head that is no head": (member("[" * 100), zipfile.ZIP_DEFLATED),
    "is no array": (b"plain text", zipfile.ZIP_DEFLATED),
    "is compressed otherwise": (member(GOOD), zipfile.ZIP_BZIP2),
}


@pytest.mark.parametrize("what", DAMAGED)
@pytest.mark.parametrize("read", [read_whole, read_in_pieces])
def test_a_member_that_is_not_what_it_says_is_refused(
    what: str, read: Callable[[Path], None], tmp_path: Path
) -> None:
    content, how = DAMAGED[what]
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", how) as file:
        file.writestr("x.npy", content)
    with pytest.raises(RecordError, match=r"x\.npz cannot be read"):
        read(path)


def test_an_archive_that_claims_more_than_it_can_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", member(GOOD))
    content = path.read_bytes()
    place = content.rindex(b"PK\x01\x02") + 24  # the size before compression, in the directory
    size = (10**9).to_bytes(4, "little")
    path.write_bytes(content[:place] + size + content[place + 4 :])
    with pytest.raises(RecordError, match="more than it can"), open_archive(path):
        pass


@pytest.mark.parametrize("read", [read_whole, read_in_pieces])
def test_a_changed_byte_is_noticed(read: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("x.npy", member(GOOD))
    content = path.read_bytes()
    place = content.index(bytes(80))
    path.write_bytes(content[:place] + b"\1" + content[place + 1 :])
    with pytest.raises(RecordError, match="CRC"):
        read(path)


def test_a_member_without_the_ending_is_no_array(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("step", b"no array")
    with open_archive(path) as opened:
        assert opened is not None
        assert opened.names == set()
