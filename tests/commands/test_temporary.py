"""The folder for temporary files is gone after a run, whenever that was killed."""

import os
import tempfile
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest

from robaudit.commands import temporary
from robaudit.commands.temporary import folder_for_temporary_files
from robaudit.storage.lock import Lock

if os.name != "posix":
    pytest.skip("processes cannot fork here", allow_module_level=True)


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that temporary files usually lie in, which is empty."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def killed_when(folder: Path, *, held: bool) -> Path:
    """Give what a run leaves that is killed before it has shown its folder, or after."""
    process = os.fork()
    if not process:
        with nullcontext() if held else patch.object(Path, "rename", lambda *_: os._exit(9)):
            temporary._made()
        os._exit(9)
    os.waitpid(process, 0)
    (left,) = folder.iterdir()
    assert left.name.startswith("." if not held else "robaudit-")
    return left


@pytest.mark.parametrize("held", [True, False])
def test_what_a_run_left_that_was_killed_is_removed_by_the_next(usual: Path, held: bool) -> None:
    left = killed_when(usual, held=held)
    with folder_for_temporary_files():
        assert not left.exists()
        assert Path(tempfile.gettempdir()).parent == usual
    assert list(usual.iterdir()) == []


def test_what_another_run_has_or_is_about_to_is_left_alone(usual: Path) -> None:
    (usual / "robaudit-1-held").mkdir()
    lock = Lock(usual / "robaudit-1-held" / "held")
    assert lock.take()
    made = usual / f".robaudit-{os.getppid()}-made"
    made.mkdir()
    strange = [usual / name for name in (".robaudit-", ".robaudit-old", ".robaudit-old-x")]
    for folder in strange:
        folder.mkdir()
    (usual / ".robaudit-999999999-link").symlink_to(made)
    before = set(usual.iterdir())
    with folder_for_temporary_files():
        pass
    lock.remove()
    assert set(usual.iterdir()) == before
