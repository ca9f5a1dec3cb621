"""Processes side by side: one thread each, and no longer than the run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

from reproduction.stages import Kept, Stage
from reproduction.workers import workers
from tests.support.paths import EXAMPLES


def _lay_out() -> tuple[list[Stage], Kept]:
    def make(folder: Path, _kept: Kept) -> None:
        import torch

        (folder / "threads.txt").write_text(str(torch.get_num_threads()))

    return [Stage("threads", "threads", {}, (), make)], Kept(Path(os.environ["PAPER_TEST_FOLDER"]))


def test_workers_have_one_thread_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("PAPER_TEST_FOLDER", str(tmp_path))
    (stage,), kept = _lay_out()
    with workers(1, _lay_out) as submit:
        submit(stage).result()
    assert (kept.folder_of(stage) / "threads.txt").read_text() == "1"


_KILLED = """
import os
import sys
import time
from pathlib import Path

sys.path.append({paper!r})
from reproduction.stages import Kept, Stage
from reproduction.workers import workers


def make(folder, kept):
    Path({folder!r}, f"{{os.getpid()}}.pid").touch()
    time.sleep(600)


def lay_out():
    return [Stage(name, "sleep", {{}}, (), make) for name in "ab"], Kept(Path({folder!r}, "stages"))


if __name__ == "__main__":
    with workers(2, lay_out) as submit:
        for stage in lay_out()[0]:
            submit(stage)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a killed process is seen otherwise there")
def test_workers_end_where_the_run_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(_KILLED.format(paper=str(EXAMPLES / "paper"), folder=str(tmp_path)))
    with subprocess.Popen([sys.executable, str(script)]) as run:
        until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
        run.kill()
    at_work = [int(one.stem) for one in tmp_path.glob("*.pid")]
    until(lambda: not any(map(is_running, at_work)))


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")  # one that has ended may wait for being fetched
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
