"""How much faster two workers scan than one process, on a convolutional network, one thread each.

The two take turns in one run, so that whatever else the machine does hits both; the ratio is that
of each turn, and its median is given. So that what is measured is work, the search is long beside
what it takes to begin, and nothing is attacked. The load of the machine is said beside it: two
workers can be twice as fast only where two cores are free.

    python -m benchmarks.workers [--turns 3] [--samples 1000] [--workers 2]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_SEED = 0


def main() -> None:
    """Take turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, data = _network(folder), _images(folder, options.samples)
        pairs = []
        for _ in range(options.turns):
            one, several = (
                _seconds(folder, model, data, options.samples, count)
                for count in (1, options.workers)
            )
            pairs.append((one, several))
            print(f"one process {one:.1f} s, {options.workers} workers {several:.1f} s", flush=True)
    ratio = statistics.median(one / several for one, several in pairs)
    load, _, _ = os.getloadavg()
    print(
        f"{options.workers} workers are {ratio:.2f} times as fast "
        f"({os.cpu_count()} cores, load {load:.1f} in the end)"
    )


def _network(folder: Path) -> Path:
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


def _images(folder: Path, count: int) -> Path:
    path = folder / "images.npy"
    random = np.random.default_rng(_SEED)
    np.save(path, random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8))
    return path


def _seconds(folder: Path, model: Path, data: Path, samples: int, workers: int) -> float:
    """Time a scan by so many processes, each of one thread."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [
            *(sys.executable, "-m", "robaudit", "scan", str(model), "--data", str(data), "-q"),
            *("--samples", str(samples), "--directions", "100", "--own-directions", "100"),
            *("--signs", "2", "--attacks", "none", "--no-cache", "--batch-size", "128"),
            *("--mean", "0.5", "--std", "0.25", "--workers", str(workers), "-o", out),
        ]
        started = time.perf_counter()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        subprocess.run(command, check=True, env=environment)  # noqa: S603 - robaudit itself
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
