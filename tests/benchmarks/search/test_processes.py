"""A process for each way: its turns, its errors, its memory."""

import subprocess
import sys
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.search.processes import Watch, _serve
from tests.support.paths import ROOT
from tests.support.search_benchmarks import PLAN, RAYS, tiny


def test_a_process_takes_turns_until_nobody_asks(tmp_path: Path) -> None:
    here, there = Pipe()
    thread = Thread(target=_serve, args=(there, tiny(), tmp_path, "linear", 0.01))
    thread.start()
    facts, left_out = here.recv()
    assert (facts.rays, left_out) == (RAYS, "")
    for samples in (3, 1):
        here.send(samples)
        walked, memory = here.recv()
        assert walked.rays == samples * PLAN.rays_per_sample
        assert memory.peak > 0
    here.close()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_what_goes_wrong_in_a_process_is_told(tmp_path: Path) -> None:
    here, there = Pipe()
    _serve(there, replace(tiny(), file="none.onnx"), tmp_path, "linear", 0.01)
    error = here.recv()
    assert isinstance(error, RuntimeError)
    assert "none.onnx" in str(error)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_memory_that_was_let_go_again_is_seen() -> None:
    script = (
        "import numpy as np\n"
        f"from {Watch.__module__} import Watch\n"
        "watch = Watch()\n"
        "np.ones(50_000_000, dtype=np.uint8)\n"
        "memory = watch.memory()\n"
        "print(memory.peak - memory.before)\n"
    )
    # In a process of its own: this one may have more memory at hand than it uses.
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert int(done.stdout) > 45_000_000
