"""A scan and a hardening by a real cluster of Ray come to what one process does.

The cluster has two nodes on this machine, of which one is pulled in the middle.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from robaudit.cli import main
from robaudit.commands import scan_workers
from robaudit.commands.ray_engine import engine
from robaudit.commands.ray_engine.crew import RayCrew
from robaudit.commands.watch import descendants
from tests.support.commands import DATA, QUICK, read_comparison
from tests.support.files import SMALL_SCAN, read_record
from tests.support.paths import DIGITS

SCAN = ("scan", DIGITS, *DATA, *SMALL_SCAN, "--attack", "gaussian-noise", "--no-cache")
HARDEN = (
    "harden",
    DIGITS,
    *QUICK,
    "--method",
    "feedback",
    "--seeds",
    "2",
    "--keep",
    "last",
    "--force",
)


def ran(*arguments: object) -> int:
    return main([*map(str, arguments)])


def lasting(value: Any) -> Any:
    """Leave out what depends on the hour, and on how it was asked for."""
    if isinstance(value, dict):
        but = {"environment", "seconds", "files", "command"}
        return {name: lasting(of) for name, of in value.items() if name not in but}
    return [lasting(of) for of in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start a cluster of two nodes, of one core each, that listens to this machine alone."""
    pytest.importorskip("ray", reason="no Ray: pip install 'robaudit[ray]'")
    wanted = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "disabled",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in wanted.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        started = Cluster()
        try:
            start_node(started, include_dashboard=False, no_monitor=True)
            start_node(started)
            yield started
        finally:
            started.shutdown()


def start_node(cluster: Any, **how: Any) -> None:
    """Start a node, which has half a minute for it: on a busy machine, a second time."""
    with suppress(Exception):
        cluster.add_node(num_cpus=1, **how)
        return
    cluster.add_node(num_cpus=1, **how)


def pull_a_node(cluster: Any) -> None:
    """Take the node away that this process is not connected to, with all that runs there.

    What it had begun would notice by itself, but not at once.
    """
    (node,) = cluster.worker_nodes
    begun = descendants(node.all_processes["raylet"][0].process.pid)
    cluster.remove_node(node, allow_graceful=False)
    for process in begun:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_node_that_is_pulled_changes_nothing(
    cluster: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scan_workers, "_SECONDS_FOR_RAY", -1e6)
    assert ran(*SCAN, "-q", "-o", "whole") == 0
    crews: list[RayCrew] = []

    class Pulled(RayCrew):
        """A crew that does nothing until all are there, and loses a node after two parts."""

        def _ask(self) -> None:
            if all(each.open for each in self._members) or not cluster.worker_nodes:
                super()._ask()

    def crew(*given: Any) -> RayCrew:
        made = Pulled(*given)
        told = made.told

        def tell(done: int, of: int) -> None:
            if done == 2 and cluster.worker_nodes:
                pull_a_node(cluster)
            told(done, of)

        made.told = tell
        crews.append(made)
        return made

    monkeypatch.setattr(engine, "RayCrew", crew)
    assert ran(*SCAN, "-o", "by-ray", "--engine", cluster.address) == 0
    said = capsys.readouterr().err
    assert "8 of 8" in said
    assert "not done by any worker" not in said
    assert not cluster.worker_nodes
    assert crews[0].failures == ["a worker was lost"]
    found, expected = (read_record(Path(folder)) for folder in ("by-ray", "whole"))
    assert lasting(found) == lasting(expected)
    assert Path("by-ray/rays.npz").read_bytes() == Path("whole/rays.npz").read_bytes()
    assert {path.name for path in Path("by-ray").iterdir()} == {
        path.name for path in Path("whole").iterdir()
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_seeds_by_ray_are_those_of_one_process(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")
    monkeypatch.chdir(tmp_path)
    assert ran(*HARDEN, "-q", "-o", "whole") == 0
    assert ran(*HARDEN, "-q", "-o", "by-ray", "--engine", cluster.address) == 0
    found, expected = (read_comparison(Path(folder)) for folder in ("by-ray", "whole"))
    assert lasting(found) == lasting(expected)
    for name in ("hardened.onnx", "after/rays.npz"):
        assert Path("by-ray", name).read_bytes() == Path("whole", name).read_bytes()
    assert not Path("by-ray/.robaudit").exists()


def children(process: int) -> list[int]:
    """List all processes that one has begun, and that they have."""
    found: list[int] = []
    for each in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, each.read_text().split())
    return found + [below for each in found for below in children(each)]


def listening(processes: list[int]) -> set[str]:
    """List the addresses that processes listen to, in hexadecimal."""
    sockets = set()
    for process in processes:
        with suppress(OSError):
            for each in Path(f"/proc/{process}/fd").iterdir():
                with suppress(OSError):
                    sockets.add(re.sub(r"\D", "", str(each.readlink())))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in sockets:
                found.add(words[1].partition(":")[0])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_local_cluster_is_this_machines_alone_and_ends_with_the_run(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="no Ray: pip install 'robaudit[ray]'")
    temporary = tmp_path / "t"
    temporary.mkdir()
    long = (*SCAN, "--samples", "600", "--directions", "60", "--search", "linear")
    long += ("--step", "0.001", "--steps", "1000")
    command = [sys.executable, "-m", "robaudit", *map(str, long), "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        [*command, "--engine", "ray"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as run:
        assert run.stderr is not None
        said = []
        for line in run.stderr:
            said.append(line)
            if "parts by" in line:
                break
        time.sleep(1)
        processes = children(run.pid)
        addresses = listening(processes)
        run.send_signal(signal.SIGTERM)
        said += run.stderr.readlines()
    assert run.returncode == 143, said
    assert len(processes) > 4, said
    assert addresses
    assert all(address.endswith("0100007F") for address in addresses), addresses
    until = time.monotonic() + 10
    while any(Path(f"/proc/{each}").exists() for each in processes):
        assert time.monotonic() < until, [
            each for each in processes if Path(f"/proc/{each}").exists()
        ]
        time.sleep(0.1)
    assert not [*temporary.iterdir()]
