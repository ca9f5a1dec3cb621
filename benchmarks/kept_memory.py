"""What it saves that a command holds on to freed memory, and how much more memory that takes.

A convolutional network is scanned with and without, taking turns, by one thread. The seconds are
those of the processor; those that the system spends on handing out pages are among them.

    python -m benchmarks.kept_memory [--turns 3] [--samples 300]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.workers import images, network

_SCAN = """
import sys
from robaudit.commands import supervision
if {gives_back}:
    supervision.keep_freed_memory = lambda: None
from robaudit.__main__ import main
sys.exit(main())
"""


class _Cost(NamedTuple):
    seconds: float
    of_system: float
    memory: int


def main() -> None:
    """Take turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--samples", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, data = network(folder), images(folder, options.samples)
        for batch_size in (128, 512):
            ratios = []
            for _ in range(options.turns):
                given_back, kept = (
                    _cost(folder, model, data, options.samples, batch_size, gives_back)
                    for gives_back in (True, False)
                )
                ratios.append(given_back.seconds / kept.seconds)
                print(
                    f"batches of {batch_size}: given back {_told(given_back)}; kept {_told(kept)}",
                    flush=True,
                )
            print(
                f"batches of {batch_size}: {statistics.median(ratios):.2f} times as fast by "
                "processor time",
                flush=True,
            )


def _told(cost: _Cost) -> str:
    return f"{cost.seconds:.1f} s ({cost.of_system:.1f} of them the system's), {cost.memory} MB"


def _cost(
    folder: Path, model: Path, data: Path, samples: int, batch_size: int, gives_back: bool
) -> _Cost:
    """Scan with the memory given back as usual, or kept."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [
            *(sys.executable, "-c", _SCAN.format(gives_back=gives_back)),
            *("scan", str(model), "--data", str(data), "-q", "--samples", str(samples)),
            *("--directions", "100", "--own-directions", "100", "--attacks", "none"),
            *("--no-cache", "--batch-size", str(batch_size), "--mean", "0.5", "--std", "0.25"),
            *("-o", out),
        ]
        usual = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
        environment = {**usual, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - robaudit itself
        _, code, used = os.wait4(process.pid, 0)
        if code:
            raise RuntimeError(f"the scan ended with {os.waitstatus_to_exitcode(code)}")
    return _Cost(used.ru_utime + used.ru_stime, used.ru_stime, used.ru_maxrss // 1024)


if __name__ == "__main__":
    main()
