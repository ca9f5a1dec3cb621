"""A process that confines itself: what it tries afterwards fails, with calls filtered or not."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")

TRIES = """
    import json, os, socket, sys, threading
    from robaudit_torch import confinement

    if not FILTERED:
        confinement._filter_calls = lambda: False
    grown = open("grown", "ab", buffering=0)
    filtered = confinement.confine(memory=2**28, seconds=20)

    def fails(attempt):
        try:
            attempt()
        except (OSError, MemoryError, RuntimeError):
            return True
        return False

    failed = {
        "read a file": fails(lambda: os.open("grown", os.O_RDONLY)),
        "make a file": fails(lambda: os.open("made", os.O_WRONLY | os.O_CREAT)),
        "open its own output": fails(lambda: os.open("/dev/fd/1", os.O_WRONLY)),
        "let a file grow": fails(lambda: grown.write(b"more")),
        "connect": fails(lambda: socket.socket()),
        "take memory": fails(lambda: bytearray(2**30)),
    }
    if filtered:
        failed |= {
            "remove a file": fails(lambda: os.unlink("grown")),
            "make a folder": fails(lambda: os.mkdir("made")),
            "start a process": fails(os.fork),
            "become another": fails(lambda: os.execv(sys.executable, [sys.executable])),
            "start a thread": fails(lambda: threading.Thread(target=print).start()),
            "end another": fails(lambda: os.kill(os.getppid(), 0)),
        }
    os.write(1, json.dumps([filtered, failed]).encode())
"""


@pytest.mark.parametrize("filtered", [True, False])
def test_nothing_can_be_opened_any_more(tmp_path: Path, filtered: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TRIES).replace("FILTERED", str(filtered))],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
    )
    was_filtered, failed = json.loads(done.stdout)
    if sys.platform == "darwin":
        del failed["take memory"]
    assert all(failed.values()), failed
    assert not was_filtered or filtered
    assert [path.name for path in tmp_path.iterdir()] == ["grown"]
    assert (tmp_path / "grown").stat().st_size == 0


def test_limits_that_are_lower_already_stay(tmp_path: Path) -> None:
    script = (
        "import os, resource\n"
        "from robaudit_torch import confinement\n"
        "confinement._filter_calls = lambda: False  # it would not let the limit be read\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (7, 7))\n"
        "limit, get = resource.RLIMIT_CPU, resource.getrlimit\n"
        "confinement.confine(memory=2**28, seconds=20)\n"
        "os._exit(get(limit) != (7, 7))"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="Linux filters system calls")
def test_what_computes_on_is_ended(tmp_path: Path) -> None:
    script = (
        "from robaudit_torch.confinement import confine\n"
        "confine(memory=2**28, seconds=1)\n"
        "while True: pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        timeout=60,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
    )
    assert done.returncode < 0
