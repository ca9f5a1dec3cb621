"""Streams that cannot be written to, and a system that allows too few threads."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.files import SMALL_SCAN
from tests.support.paths import DIGITS

FULL = Path("/dev/full")
SCAN = [sys.executable, "-m", "robaudit", "scan", str(DIGITS), *SMALL_SCAN]

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_an_error_stream_on_a_full_disk_does_not_end_the_work(
    tmp_path: Path, quiet: list[str]
) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*SCAN, *quiet, "-o", "out"],
            cwd=tmp_path,
            stderr=full,
            stdout=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 0
    assert bool(done.stdout) != bool(quiet)
    assert (tmp_path / "out/audit.json").exists()


def test_an_error_that_cannot_be_told_is_one_still(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*SCAN, "--reference", "magic"], cwd=tmp_path, stderr=full, check=False
        )
        assert done.returncode == 2
        done = subprocess.run([*SCAN, "--data", "none.npz"], cwd=tmp_path, stderr=full, check=False)
        assert done.returncode == 2


def test_standard_output_on_a_full_disk_is_an_error(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*SCAN, "-o", "out"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.endswith("robaudit: No space left on device\n")


def test_nobody_who_reads_the_error_stream_does_not_end_the_work(tmp_path: Path) -> None:
    with subprocess.Popen([*SCAN, "-o", "out"], cwd=tmp_path, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.close()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("processes", "threads"), [(1, {}), (2, {"OMP_NUM_THREADS": "1"}), (2, {})]
)
def test_too_few_processes_are_not_the_model_s_fault(
    processes: int, threads: dict[str, str]
) -> None:
    """Threads are refused to a user who is not root; with the right to read, as root has it."""
    rights = "+dac_override,+dac_read_search"
    stranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    stranger += [
        f"--inh-caps={rights}",
        f"--ambient-caps={rights}",
        "prlimit",
        f"--nproc={processes}",
    ]
    if shutil.which("setpriv") is None or shutil.which("prlimit") is None:
        pytest.skip("there is no setpriv, or no prlimit, here")
    if subprocess.run(
        [*stranger, sys.executable, "-c", ""], capture_output=True, check=False
    ).returncode:
        pytest.skip("one cannot be another user here")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is open to nobody else
        Path(folder).chmod(0o777)
        done = subprocess.run(
            [*stranger, *SCAN, "-o", f"{folder}/out"],
            capture_output=True,
            text=True,
            env={**threads, "PYTHONPATH": ":".join(filter(None, sys.path))},
            cwd=folder,
            check=False,
        )
    if done.returncode == 0:
        pytest.skip("onnxruntime needs no thread of its own on a machine with one core")
    assert done.returncode == 2
    assert "the system allows no more processes or threads" in done.stderr
    assert "Export" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "EP Error" not in done.stdout
