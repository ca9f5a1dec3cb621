"""Columns in files beyond a limit: nothing is left behind, and audits are the same."""

import errno
import io
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.audit import Audit
from robaudit.errors import OutputError
from robaudit.record import make_record
from robaudit.record.write import write_rays
from robaudit.search import rays
from robaudit.storage import columns
from robaudit.storage.columns import empty_column, release
from tests.support.comparisons import NOISE, audit, model
from tests.support.files import Run


def test_long_columns_lie_in_files_that_nobody_has_to_remove(scratch: Path) -> None:
    for dtype, fill in ((np.int16, -1), (np.int32, 7), (np.float32, np.inf)):
        column = empty_column(600_000, dtype, fill)
        assert column.dtype == dtype
        assert (column == fill).all()
        column[[3, 599_999]] = 5
        release(column, column[:2])
        assert column[[2, 3, 599_999]].tolist() == [fill, 5, 5]
        assert isinstance(column.base, memoryview)
        assert isinstance(column.base.obj, mmap.mmap)
        assert not list(scratch.iterdir())
    assert empty_column(10, np.int16, -1).base is None


def test_a_process_that_is_killed_leaves_no_file(tmp_path: Path) -> None:
    code = (
        "from robaudit.storage import columns; columns.MOST_IN_MEMORY = 10\n"
        "column = columns.empty_column(100_000, 'f4', 0)\n"
        "print('ready', flush=True); input()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for kind in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(kind)
            try:
                process.wait(120)
            finally:
                process.kill()
        assert not list(tmp_path.iterdir())


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.usefixtures("scratch")
def test_a_full_disk_is_one_clear_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: FULL.open("r+b"))
    with pytest.raises(OutputError, match=r"no room for 0.8 MiB of rays in .*scratch: No space"):
        empty_column(200_000, np.float32, 0)
    assert run() == 2
    told = capsys.readouterr().err
    assert "no room for" in told
    assert "TMPDIR" in told
    assert "Traceback" not in told


@pytest.mark.usefixtures("scratch")
def test_no_temporary_folder_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: object) -> None:
        monkeypatch.setattr(tempfile, "tempdir", None)
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", nowhere)
    with pytest.raises(OutputError, match=r"in a temporary folder: No usable"):
        empty_column(200_000, np.float32, 0)


def written(found: Audit) -> tuple[bytes, dict[str, Any]]:
    """Give the rays of an audit as they are written, and what of its record is no hour."""
    record = make_record(found)
    del record["environment"]
    file = io.BytesIO()
    write_rays(found, file)
    return file.getvalue(), record


@pytest.mark.parametrize("at_a_time", [1, 100])
def test_rays_in_files_give_the_same_record_and_the_same_archive(
    at_a_time: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", 10**6)
    expected = written(audit(model(), attacks=NOISE))
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", 10)
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", at_a_time)
    found = audit(model(), attacks=NOISE)
    assert not isinstance(found.rays.step.base, np.ndarray | None)
    archive, record = written(found)
    assert record == expected[1]
    assert archive == expected[0]
    assert not list(scratch.iterdir())
