"""What it costs that the command line runs in a child process that is watched.

The same scan of the demo, as a command and in a process of its own without a parent to watch
it; the two take turns, so that whatever else the machine does hits both; the ratio is that of
the medians, with the smallest and largest of the ratios of neighbours.

    python benchmarks/supervision.py [--turns 15]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DIGITS = Path(__file__).parents[1] / "examples" / "digits.onnx"
WATCHED = ["-m", "robaudit"]
ALONE = ["-c", "import sys; from robaudit.cli import main; sys.exit(main())"]


def main() -> None:
    """Take turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=15)
    turns = parser.parse_args().turns
    pairs = [(_seconds(WATCHED), _seconds(ALONE)) for _ in range(turns + 1)][1:]
    watched, alone = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = [first / second for first, second in pairs]
    print(f"watched {watched:.3f} s, alone {alone:.3f} s, ratio of medians {watched / alone:.3f}")
    print(f"ratios of {turns} neighbours: {min(ratios):.3f} to {max(ratios):.3f}")


def _seconds(python: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, *python, "scan", str(DIGITS), "-q", "-o", folder]
        subprocess.run(command, check=True)  # noqa: S603 - robaudit itself
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
