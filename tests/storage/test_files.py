"""Sets of files: whichever system call a run is killed at, one whole set can be read."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robaudit.errors import OutputError, RecordError, UsageError
from robaudit.storage.files import Sealed, Writers, check_folder, waiting_files, write_files
from robaudit.storage.sealed import open_sealed
from tests.support.paths import ROOT

NAMES = ("a", "inner/b", "c")
GONE = 2**22 + 1
"""The number of a process that cannot be: Linux has none above 2**22."""


def one_set(content: str) -> Writers:
    """Files of a content, and the records that seal them."""

    def write_record(file: Any, files: Any) -> None:
        file.write(json.dumps({"of": content, "files": files}).encode())

    return {
        **{name: lambda file: file.write(content.encode()) for name in NAMES},
        "inner/record": Sealed(write_record),
        "record": Sealed(write_record),
    }


def read(folder: Path) -> str:
    """Read a set as readers do; say of which run all of it is."""
    record = json.loads((folder / "record").read_bytes())
    assert set(record["files"]) == {*NAMES, "inner/record"}
    for name, digest in record["files"].items():
        file = open_sealed(folder / name, digest)
        assert file is not None, name
        with file:
            assert record["of"].encode() in file.read(), name
    return str(record["of"])


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class Killed(BaseException):
    """A process that is no more."""


def kill_at(limit: int, patch: pytest.MonkeyPatch) -> None:
    """End the process at its n-th system call that changes anything: all after it fail too."""
    calls = iter(range(1, limit))

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **names: Any) -> Any:
            if next(calls, None) is None:
                raise Killed
            return call(*arguments, **names)

        return counted

    for name in ("mkdir", "replace", "unlink", "rmdir"):
        patch.setattr(os, name, guarded(getattr(os, name)))
    patch.setattr(os, "fsync", guarded(lambda _: None))
    patch.setattr(io, "open", guarded(io.open))


@pytest.mark.parametrize("again", [False, True])
def test_a_run_that_is_killed_leaves_the_old_set_or_the_new(tmp_path: Path, again: bool) -> None:
    told: list[str] = []
    ended = False
    while not ended:
        folder = tmp_path / str(len(told))
        write_files(folder, one_set("old"))
        with pytest.MonkeyPatch.context() as patch:
            kill_at(len(told) + 1, patch)
            try:
                write_files(folder, one_set("new"), outdated=["d"])
                ended = True
            except Killed:
                pass
        told.append(read(folder))
        if again:  # the next run is not disturbed by what is left, and clears it
            write_files(folder, one_set("newer"))
            assert read(folder) == "newer"
            assert files_in(folder) == {*NAMES, "inner/record", "record"}
    assert told == sorted(told, reverse=True)  # "old" up to some moment, and "new" after it
    assert min(told.count("old"), told.count("new")) >= 6


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("call", [1, 2, 5])
def test_a_process_that_is_killed_while_files_take_their_names(tmp_path: Path, call: int) -> None:
    write_files(tmp_path / "out", one_set("old"))
    script = (
        "import sys; from pathlib import Path\n"
        "from robaudit.storage.files import write_files\n"
        "from tests.storage.test_files import one_set\n"
        "write_files(Path(sys.argv[1]), one_set('new'))\n"
    )
    renames = "rename,renameat,renameat2"
    kill = ["-e", f"trace={renames}", "-e", f"inject={renames}:signal=KILL:when={call}"]
    command = [sys.executable, "-c", script, str(tmp_path / "out")]
    done = subprocess.run(
        ["strace", "-f", "-o", str(tmp_path / "trace"), *kill, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # which renames too
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("processes cannot be traced here")
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), done.stderr
    assert len(waiting_files(tmp_path / "out/a")) == 1
    assert read(tmp_path / "out") == ("old" if call == 1 else "new")
    write_files(tmp_path / "out", one_set("newer"))
    assert files_in(tmp_path / "out") == {*NAMES, "inner/record", "record"}


def test_a_file_of_another_run_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, one_set("old"))
    (tmp_path / "a").write_text("new")
    with pytest.raises(RecordError, match="a is not the file that was written with the record"):
        read(tmp_path)
    (tmp_path / "a").unlink()
    os.mkfifo(tmp_path / "a")
    with pytest.raises(RecordError, match="is not the file"):  # and nobody waits for a writer
        read(tmp_path)


def test_what_other_runs_are_at_is_left_alone(tmp_path: Path) -> None:
    """Of others only what waits for the same names is cleared, once they are gone."""
    for name in (f".a.{os.getppid()}.part", f".a.{GONE}.part", f".z.{GONE}.part", ".a.b.part"):
        (tmp_path / name).write_text("theirs")
    write_files(tmp_path, one_set("new"))
    theirs = files_in(tmp_path) - {*NAMES, "inner/record", "record"}
    assert theirs == {f".a.{os.getppid()}.part", f".z.{GONE}.part", ".a.b.part"}


def test_an_error_before_the_moment_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, one_set("old"))
    before = files_in(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        write_files(tmp_path, one_set("new"))
    assert (read(tmp_path), files_in(tmp_path)) == ("old", before)


@pytest.mark.parametrize("where", ["", "in/that"])
def test_where_nothing_can_be_written_is_found_out_before_the_work(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "link").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("mine")
    words = {"link": "is a link to nothing", "loop": "is a link to nothing", "file": "not a folder"}
    for name, said in words.items():
        with pytest.raises(UsageError, match=said):
            check_folder(tmp_path / name / where, ["a"])
    (tmp_path / "there").mkdir()
    (tmp_path / "good").symlink_to("there")
    check_folder(tmp_path / "good" / where, ["a"])
    assert files_in(tmp_path) == {"file"}


def test_a_folder_that_cannot_be_written_whatever_its_permissions_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(UsageError, match="cannot be written to: No space left"):
        check_folder(tmp_path / "out", ["a"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # a device is the same, but only root can make one
    with pytest.raises(UsageError, match="pipe is a device"):
        check_folder(tmp_path, ["pipe"])


def test_links_that_lie_where_files_wait_are_not_followed(tmp_path: Path) -> None:
    """Their names can be guessed: a folder may come with links to what others would overwrite."""
    folder, other = tmp_path / "results", tmp_path / "other"
    (folder / "inner").mkdir(parents=True)
    for name in one_set("x"):
        waiting = (folder / name).with_name(f".{Path(name).name}.{os.getpid()}.part")
        waiting.symlink_to(other)
        (folder / name).symlink_to(other)
    write_files(folder, one_set("new"))
    assert not other.exists()
    assert read(folder) == "new"
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_a_folder_inside_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results/inner").symlink_to(tmp_path / "other")
    with pytest.raises(UsageError, match="inner is a link"):
        check_folder(tmp_path / "results", [*one_set("x")])
    with pytest.raises(UsageError, match="inner is a link"):
        write_files(tmp_path / "results", one_set("x"))
    assert files_in(tmp_path) == set()
    (tmp_path / "linked").symlink_to(tmp_path / "other")
    check_folder(tmp_path / "linked", ["a"])  # it was named
