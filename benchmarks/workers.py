"""How much faster two workers scan than one process, on a convolutional network, one thread each.

The two take turns in one run, so that whatever else the machine does hits both; the ratio is that
of each turn, and its median is given. So that what is measured is work, the search is long beside
what it takes to begin, and nothing is attacked. The load of the machine is said beside it: two
workers can be twice as fast only where two cores are free. So a second ratio is given that does
not depend on that: of the processor time of one process to that of the longest way through
several, which is the process that began, and the worker that worked longest.

    python -m benchmarks.workers [--turns 3] [--samples 1000] [--workers 2]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from robaudit.commands.watch import descendants

_SEED = 0
_WATCHING = 2.0
"""What spends fewer seconds than this does no part of the work."""


def main() -> None:
    """Take turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, data = network(folder), images(folder, options.samples)
        pairs, longest = [], []
        for _ in range(options.turns):
            (one, own), (several, of_each) = (
                _seconds(folder, model, data, options.samples, count)
                for count in (1, options.workers)
            )
            pairs.append(one / several)
            path = _longest_way(of_each)
            longest.append(max(own) / path)
            spent = ", ".join(f"{seconds:.1f}" for seconds in of_each)
            print(
                f"one process {one:.1f} s, {options.workers} workers {several:.1f} s; processor "
                f"time {max(own):.1f} s, and {spent} s, of which {path:.1f} s one after the other",
                flush=True,
            )
    load, _, _ = os.getloadavg()
    print(
        f"{options.workers} workers are {statistics.median(pairs):.2f} times as fast "
        f"({os.cpu_count()} cores, load {load:.1f} in the end), "
        f"{statistics.median(longest):.2f} times by processor time"
    )


def _longest_way(of_each: list[float]) -> float:
    """Add what the process that began spent to what the worker did that spent most."""
    began, *workers = of_each
    return began + max(workers, default=0.0)


def network(folder: Path) -> Path:
    """Write a convolutional network with random weights."""
    import torch  # noqa: PLC0415 - a framework

    torch.manual_seed(_SEED)
    layers = [
        torch.nn.Conv2d(3, 32, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(32, 32, 3, stride=2, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(32, 64, 3, stride=2, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(4),
        torch.nn.Flatten(),
        torch.nn.Linear(1024, 10),
    ]
    network = torch.nn.Sequential(*layers).eval()
    path = folder / "network.pt2"
    batch = torch.export.Dim("batch", min=1, max=4096)
    example = torch.zeros(2, 3, 32, 32)
    torch.export.save(torch.export.export(network, (example,), dynamic_shapes=({0: batch},)), path)
    return path


def images(folder: Path, count: int) -> Path:
    """Write so many random images, without labels."""
    path = folder / "images.npy"
    random = np.random.default_rng(_SEED)
    np.save(path, random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8))
    return path


def _seconds(
    folder: Path, model: Path, data: Path, samples: int, workers: int
) -> tuple[float, list[float]]:
    """Time a scan by so many processes, each of one thread; give processor seconds of each too.

    The first is of the process that began, then come workers. What only watches spends nothing.
    """
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [
            *(sys.executable, "-m", "robaudit", "scan", str(model), "--data", str(data), "-q"),
            *("--samples", str(samples), "--directions", "100", "--own-directions", "100"),
            *("--signs", "2", "--attacks", "none", "--no-cache", "--batch-size", "128"),
            *("--mean", "0.5", "--std", "0.25", "--workers", str(workers), "-o", out),
        ]
        started = time.perf_counter()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        spent: dict[int, float] = {}
        with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - robaudit itself
            while process.poll() is None:
                for each in (process.pid, *descendants(process.pid)):
                    with suppress(OSError):
                        spent[each] = _processor_seconds(each)
                time.sleep(0.1)
        if process.returncode:
            raise RuntimeError(f"the scan ended with {process.returncode}")
        seconds = time.perf_counter() - started
    counted = [spent[each] for each in sorted(spent) if spent[each] > _WATCHING]
    return seconds, counted


def _processor_seconds(process: int) -> float:
    """Give the seconds that a process has computed, itself and for the system (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
