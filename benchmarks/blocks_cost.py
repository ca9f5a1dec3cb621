"""What it costs a scan to keep its work in blocks, and to go on from them, on a real network.

Of each run the share is given that went into keys, hashes, packing, writing and syncing, which
leaves out what else the machine does. Then a scan is asked to stop when half of its processor
time is over, and goes on: both parts together are held to the run that was not stopped, in
processor time, so that what was under way and lost counts too.

    python -m benchmarks.blocks_cost [--model FILE] [--data FILE] [--samples 300] [--turns 3]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import robaudit
from robaudit import SearchPlan
from robaudit.batches import Blocks, Keeping, Stopped
from robaudit.search import cut
from robaudit.storage.fingerprint import fingerprint
from robaudit.storage.journal import Journal

_SHARED = Path(os.environ.get("ROBAUDIT_SHARED", "../shared"))


class Clock:
    """Adds up the time inside functions, one inside another once."""

    def __init__(self) -> None:
        self.seconds, self._inside = 0.0, False

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function whose time is added."""

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            if self._inside:
                return function(*arguments, **named)
            self._inside, began = True, time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += time.perf_counter() - began
                self._inside = False

        return timed


def main() -> None:
    """Take turns, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=_SHARED / "models/mnist-cntk-opset8.onnx")
    parser.add_argument("--data", type=Path, default=_SHARED / "data/mnist.npz")
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    clock = Clock()
    for home, name in (
        (Blocks, "key"), (Blocks, "find"), (Blocks, "keep"), (Keeping, "write"), (cut, "marks_of"),
    ):  # fmt: skip
        setattr(home, name, clock.of(getattr(home, name)))
    images = robaudit.read_images(options.data, split="test")
    plan = SearchPlan(options.samples, 100, own_directions=20)
    shares, overheads = [], []
    for _ in range(options.turns):
        classifier = robaudit.load(options.model)
        with tempfile.TemporaryDirectory() as folder:
            clock.seconds, began, cpu = 0.0, time.perf_counter(), time.process_time()
            scan(classifier, images, plan, Path(folder))
            wall, whole = time.perf_counter() - began, time.process_time() - cpu
        shares.append(clock.seconds / wall)
        with tempfile.TemporaryDirectory() as folder:
            first = scan(classifier, images, plan, Path(folder), cut_after=whole / 2)
            second = scan(classifier, images, plan, Path(folder))
        overheads.append((first + second) / whole - 1)
        print(f"{whole:.1f} s, {shares[-1]:.2%} of it kept blocks; in two {overheads[-1]:+.1%}")
    print(f"to keep blocks: {statistics.median(shares):.2%} of a run, at most {max(shares):.2%}")
    print(f"stopped half way: {statistics.median(overheads):+.1%} of processor time")


def scan(
    classifier: Any, images: Any, plan: SearchPlan, folder: Path, cut_after: float | None = None
) -> float:
    """Scan with blocks, asked to stop after so many seconds; give those until then, or the end.

    What depends on the model and the data is hashed, as the command line does.
    """
    began, stopped = time.process_time(), list[float]()

    def is_to_stop() -> bool:
        so_far = time.process_time() - began
        if cut_after is not None and so_far > cut_after:
            stopped.append(so_far)
        return bool(stopped)

    keeping = Keeping(Journal(folder, print), is_to_stop)
    base = fingerprint(model=classifier.fingerprint, data=images)
    with suppress(Stopped):
        robaudit.scan(classifier, images, plan=plan, batch_size=128, blocks=Blocks(keeping, base))
    keeping.write()
    return stopped[0] if stopped else time.process_time() - began


if __name__ == "__main__":
    main()
