"""How many blocks of no work a cluster of Ray does in a second: what its scheduler and store take.

Blocks are shared out among workers of a cluster that is started on this machine, each is kept in
a worker's journal, and travels to the journal here, which is read once all are there: all that a
block of a scan goes through but the work. Beside them so many calls of an actor are timed, one
after the other, which is what a part of the work costs.

    python -m benchmarks.ray_blocks [--blocks 100000] [--workers 2] [--calls 1000]
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robaudit.batches import Blocks, Keeping, Share, all_there
from robaudit.commands.jobs import Opened
from robaudit.commands.ray_engine.cluster import joined
from robaudit.commands.ray_engine.crew import RayCrew
from robaudit.commands.ray_engine.mirror import Mirror
from robaudit.commands.ray_engine.parcels import Parcel
from robaudit.commands.ray_engine.worker import Place, Worker
from robaudit.storage.journal import Journal
from robaudit.types import Progress, no_progress

_PARTS_OF_WORKER = 4


@dataclass(frozen=True)
class Empty:
    """A job of so many blocks that do nothing."""

    blocks: int
    folder: Path
    of: int
    options: argparse.Namespace

    def read(self, _options: argparse.Namespace) -> tuple[None]:
        """Read nothing."""
        return (None,)

    def do(self, _with_it: Any, share: Share, keeping: Keeping, _progress: Progress) -> None:
        """Do a share of the blocks."""
        keeping.share = share
        all_there(done(self.blocks, keeping))


def done(blocks: int, keeping: Keeping) -> list[int | None]:
    """Do blocks of no work, or find those that were done."""
    kept = Blocks(keeping, "a benchmark")
    return kept.each("empty", int, blocks, lambda number: (lambda: number, {"number": number}))


class Idle(Worker):
    """A worker that opens no model, and hands over what it keeps as one of another machine does."""

    def open(self) -> dict[str, str]:
        """Have a folder."""
        temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._folder = Path(self._held.enter_context(temporary))
        self._mirror = Mirror(self._folder)
        images: Any = (None,)
        classifier: Any = None
        self._opened = Opened(self._job, self._job.options, classifier, images)
        return {}


def main() -> None:
    """Measure, and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--blocks", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--calls", type=int, default=1000)
    options = parser.parse_args()
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as name,
        joined("ray", cores=options.workers, gpus=False) as ray,
    ):
        print(f"a cluster was there after {time.perf_counter() - began:.1f} s", flush=True)
        parts = _PARTS_OF_WORKER * options.workers
        job = Empty(options.blocks, Path(name), parts, argparse.Namespace(memory_limit=None))
        actor, numbers = ray.remote(Idle), iter(range(10**9))
        place = Place(options.workers, None, Parcel("", None, {}, ()))

        def start() -> Any:
            how = actor.options(num_cpus=1, max_concurrency=2)
            return how.remote(job, f"ray-{next(numbers)}", place)

        one = start()
        ray.get(one.begun.remote())
        began = time.perf_counter()
        for _ in range(options.calls):
            ray.get(one.begun.remote())
        calls = options.calls / (time.perf_counter() - began)
        ray.kill(one)

        began = time.perf_counter()
        crew = RayCrew(
            *(ray, start, options.workers, parts, job.folder, {}),
            *(lambda *_: None, no_progress, lambda: False),
        )
        left = crew.work()
        found = done(options.blocks, Keeping(Journal(job.folder, print)))
        seconds = time.perf_counter() - began
    if left or found != list(range(options.blocks)):
        raise SystemExit(f"{left} parts are left: {crew.failures}")
    load, _, _ = os.getloadavg()
    print(
        f"{options.blocks:,} blocks by {options.workers} workers in {seconds:.1f} s, "
        f"{options.blocks / seconds:,.0f} a second; {calls:,.0f} calls of an actor a second "
        f"({os.cpu_count()} cores, load {load:.1f} in the end)"
    )


if __name__ == "__main__":
    main()
