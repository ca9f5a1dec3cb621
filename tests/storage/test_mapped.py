"""Arrays stay in their files, the memory that they take is given back, and nothing is left."""

import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from robaudit.errors import OutputError
from robaudit.storage.mapped import map_array, map_numbers, release, unpack

NUMBERS = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
STATUS = Path("/proc/self/status")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("start", [0, 7])
def test_an_array_is_mapped_where_it_was_saved(
    version: tuple[int, int], start: int, tmp_path: Path
) -> None:
    path = tmp_path / "numbers"
    with path.open("wb") as file:
        file.write(bytes(start))
        np.lib.format.write_array(file, NUMBERS, version=version)
        file.write(b"what comes after")
    with path.open("rb") as file:
        there = map_array(file, start)
    assert type(there) is np.ndarray
    assert not there.flags.writeable
    np.testing.assert_array_equal(there, NUMBERS)


def test_images_that_lie_scattered_are_not_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.asfortranarray(NUMBERS))
    with (tmp_path / "x.npy").open("rb") as file:
        assert map_array(file) is None


@pytest.mark.skipif(not STATUS.exists(), reason="nobody says what is resident")
def test_pages_are_given_back(tmp_path: Path) -> None:
    def resident() -> int:
        lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return int(lines["RssFile"].split()[0]) * 1024

    size = 2**25
    with (tmp_path / "zeros").open("wb+") as file:
        file.truncate(size)
        there = map_numbers(file, np.dtype(np.uint8), (2**15, 2**10), 0)
    before = resident()
    assert there.max() == 0
    assert resident() > before + 0.9 * size
    release(there[..., np.newaxis].transpose(0, 2, 1)[3:])
    assert resident() < before + 0.1 * size
    assert there.max() == 0


def test_what_was_written_is_not_given_up(tmp_path: Path) -> None:
    """A map that copies on writing holds changes that are nowhere else."""
    np.save(tmp_path / "x.npy", NUMBERS)
    for mode in ("c", "r+"):
        there: Any = np.load(tmp_path / "x.npy", mmap_mode=mode)
        there[0] = 99
        release(there)
        release(np.asarray(there)[:1])
        assert (there[0] == 99).all()
    release(NUMBERS)


def test_what_is_unpacked_leaves_no_file(scratch: Path) -> None:
    content = bytes(range(256)) * 10_000
    with unpack(io.BytesIO(content), len(content)) as file:
        there = map_numbers(file, np.dtype(np.uint8), (len(content),), 0)
        assert file.tell() == len(content)
    assert there.tobytes() == content
    assert not list(scratch.iterdir())
    with unpack(io.BytesIO(content), 1000) as file:
        assert file.tell() == 1000


def test_a_process_that_is_killed_leaves_nothing_unpacked(tmp_path: Path) -> None:
    code = (
        "import io; from robaudit.storage.mapped import unpack\n"
        "file = unpack(io.BytesIO(bytes(10**6)), 10**6); print('ready', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
    assert not list(tmp_path.iterdir())


def test_too_little_room_is_said_before_anything_is_unpacked(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(_path: object) -> Any:
        return SimpleNamespace(free=2**31)

    def read(_size: int) -> bytes:
        raise AssertionError("read")

    monkeypatch.setattr(shutil, "disk_usage", usage)
    packed: Any = SimpleNamespace(read=read)
    with pytest.raises(OutputError, match=r"unpack 14.0 GiB .*scratch: 2.0 GiB are free"):
        unpack(packed, 14 * 2**30)
    assert not list(scratch.iterdir())


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.usefixtures("scratch")
def test_a_disk_that_fills_up_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: FULL.open("r+b"))
    with pytest.raises(OutputError, match=r"unpack 1 MiB of data to .*scratch: No space") as full:
        unpack(io.BytesIO(bytes(2**20)), 2**20)
    assert "TMPDIR" in str(full.value)


@pytest.mark.usefixtures("scratch")
def test_no_temporary_folder_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        monkeypatch.setattr(tempfile, "tempdir", None)
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(OutputError, match="a temporary folder: No usable"):
        unpack(io.BytesIO(b"1"), 1)


@pytest.mark.usefixtures("scratch")
def test_errors_of_what_is_read_are_no_lack_of_room() -> None:
    def read(_size: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    packed: Any = SimpleNamespace(read=read)
    with pytest.raises(OSError, match="Input/output"):
        unpack(packed, 1)
