"""What a worker of a cluster was sent is gone after it, however it ends."""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from robaudit.commands.ray_engine import worker as workers
from robaudit.commands.ray_engine.parcels import Parcel
from robaudit.commands.ray_engine.worker import Place, Worker
from robaudit.commands.temporary import folder_for_temporary_files

if os.name != "posix":
    pytest.skip("processes cannot fork here", allow_module_level=True)


class Job:
    """A scan of what another machine has."""

    options = argparse.Namespace(model="model.onnx", class_names=None, memory_limit=None)
    folder = Path("results")


class Sent(Parcel):
    """A model without images."""

    def unpack(self, _ray: Any, options: argparse.Namespace, folder: Path) -> Any:
        folder.mkdir()
        (folder / self.model).touch()
        return options, ()


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that temporary files usually lie in, which is empty."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    monkeypatch.setattr(Worker, "_limit_memory", lambda _: None)
    monkeypatch.setattr(workers, "keep_freed_memory", lambda: None)
    monkeypatch.setattr(workers, "what_computes", lambda _: {})
    return tmp_path


def sent() -> Worker:
    """Begin a worker that everything travels to."""
    job: Any = Job()
    return Worker(job, "0", Place(1, None, Sent("model.onnx", None, {}, ())))


def test_a_worker_removes_it_at_its_end(usual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "open_job", lambda *_: None)
    worker = sent()
    worker.open()
    assert [*usual.rglob("model.onnx")]
    worker.end()
    assert list(usual.iterdir()) == []


def test_the_next_on_that_machine_removes_it_of_one_that_was_killed(
    usual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "open_job", lambda *_: os._exit(9))
    process = os.fork()
    if not process:
        sent().open()
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9
    assert [*usual.rglob("model.onnx")]
    with folder_for_temporary_files():
        assert not [*usual.rglob("model.onnx")]
    assert list(usual.iterdir()) == []
