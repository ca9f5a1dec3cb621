"""A lock is had by one at a time, and dies with its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from robaudit.storage import lock as module
from robaudit.storage.lock import Lock

HOLD = """
import sys, time
from pathlib import Path
from robaudit.storage.lock import Lock
lock = Lock(Path(sys.argv[1]))
print(lock.take(), flush=True)
time.sleep(60)
"""


def test_one_at_a_time_has_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    one, other = Lock(path), Lock(path)
    assert one.take()
    assert not other.take()
    assert other.holder == str(os.getpid())
    one.remove()
    assert not path.exists()
    assert other.take()
    other.remove()
    other.remove()


def test_it_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"True\n"
        lock = Lock(path)
        assert not lock.take()
        assert lock.holder == str(held.pid)
        held.send_signal(signal.SIGTERM)
        held.wait()
    assert lock.take()
    lock.remove()


def test_where_a_file_system_knows_no_locks_a_running_process_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def unknown(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", unknown)
    path = tmp_path / "lock"
    monkeypatch.setattr(module, "is_running", lambda process: process == 7)
    path.write_text("7")
    assert not Lock(path).take()
    path.write_text("8")
    lock = Lock(path)
    assert lock.take()
    lock.remove()
