"""Peak memory against the number of rays, on a tiny model; each figure in a process of its own.

python -m benchmarks.search.scale
"""

import argparse
import multiprocessing
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.search.networks import export, settled_network
from benchmarks.search.processes import Memory, Watch
from benchmarks.search.tables import memory_table
from benchmarks.search.ways import STRATEGIES
from robaudit import Classifier, InputSpec, SearchPlan
from robaudit.batches import Pace
from robaudit.preprocessing.synthesis import draw_patterns
from robaudit.search.boundary_search import search_samples
from robaudit.search.directions import random_directions
from robaudit.search.plan import Strategy
from robaudit.types import Bound, FloatArray, IntArray, Probe

RAYS = (10**4, 10**5, 10**6, 5 * 10**6, 10**8)
"""The last two are more than columns in memory hold; the last is of 100,000 samples."""

_SAMPLES, _DIRECTIONS, _SIGNS, _STEPS = 5000, 500, 2, 3
_BATCH_SIZE = 2048
_SHAPE = (28, 28, 1)
_CLASSES = 10
_SCAN = """
import sys
from robaudit.cli import main
from robaudit.search import batch_size
from robaudit.storage.memory import peak_memory
batch_size.forget_peak = lambda: None  # that of the whole scan is asked for
code = main()
print(peak_memory())
sys.exit(code)
"""
"""The system's own peak of a child may be that of the process that started it."""


def main() -> None:
    """Measure searches and scans, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search.scale", description=__doc__)
    parser.add_argument(
        "rays", nargs="*", type=int, metavar="RAYS", help="how many rays (default: all of RAYS)"
    )
    counts = parser.parse_args().rays or RAYS
    print(memory_table(searches(counts) | scans(counts)))


def plan_of(rays: int, strategy: Strategy) -> SearchPlan:
    """Make a plan of so many rays: more or fewer directions, and more samples where it needs them.

    ``rays`` is a power of ten, or five times one.
    """
    samples = min(max(_SAMPLES, rays // (_DIRECTIONS * _SIGNS)), rays // _SIGNS)
    directions = rays // (samples * _SIGNS)
    return SearchPlan(samples, directions, _SIGNS, step=0.1, steps=_STEPS, strategy=strategy)


def measure_search(rays: int, strategy: Strategy) -> Memory:
    """Search a model that is one product of matrices, run by NumPy: no framework's memory."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((int(np.prod(_SHAPE)), _CLASSES)).astype(np.float32)

    def predict(x: FloatArray) -> FloatArray:
        return x.reshape(len(x), -1) @ weights

    def prober(x: FloatArray, directions: FloatArray, *_: Bound) -> Probe:
        """Add scores where others add points, which takes no memory of its own."""
        starts, ways = predict(x), predict(directions)

        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            return starts[sample] + distance.astype(np.float32)[:, None] * ways[direction]

        return probe

    classifier = Classifier("linear", InputSpec(_SHAPE, _CLASSES), predict, prober=prober)
    plan = replace(plan_of(rays, strategy), clip=False)
    x = random.random((plan.samples, *_SHAPE), dtype=np.float32)
    origin = classifier.predict(x).argmax(axis=1)
    directions = random_directions(_SHAPE, plan.directions, seed=0)
    watch = Watch()
    found = search_samples(classifier, x, origin, directions, plan, Pace(_BATCH_SIZE, _BATCH_SIZE))
    memory = watch.memory()
    if len(found.step) != rays:
        raise RuntimeError(f"{len(found.step)} rays were walked, not {rays}")
    return memory


def searches(counts: Sequence[int]) -> dict[str, dict[int, int]]:
    """Measure what searches add to the memory that was taken before, in bytes."""
    context = multiprocessing.get_context("spawn")
    added: dict[str, dict[int, int]] = {}
    for strategy in STRATEGIES:
        row = added.setdefault(f"{strategy} search, added", {})
        for count in counts:
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                memory = pool.submit(measure_search, count, strategy).result()
            row[count] = memory.peak - memory.before
    return added


def scans(counts: Sequence[int]) -> dict[str, dict[int, int]]:
    """Measure the whole memory of ``robaudit scan`` on a small ONNX model, in bytes."""
    peaks: dict[str, dict[int, int]] = {}
    with TemporaryDirectory() as folder:
        model, data = Path(folder) / "mlp.onnx", Path(folder) / "patterns.npz"
        samples = max(plan_of(count, "linear").samples for count in counts)
        pixels = draw_patterns(_SHAPE, 0, range(samples))
        few = np.ascontiguousarray(pixels[:_SAMPLES].transpose(0, 3, 1, 2))
        export(settled_network("mlp", few), few, model)
        for strategy in STRATEGIES:
            row = peaks.setdefault(f"robaudit scan --search {strategy}", {})
            for count in counts:
                plan = plan_of(count, strategy)
                np.savez(data, x=pixels[: plan.samples])
                options = {
                    "--data": data,
                    "--samples": plan.samples,
                    "--directions": plan.directions,
                    "--signs": plan.signs,
                    "--step": plan.step,
                    "--steps": plan.steps,
                    "--search": strategy,
                    "-o": Path(folder) / f"{strategy}-{count}",
                }
                row[count] = _peak_of_scan(model, options)
    return peaks


def _peak_of_scan(model: Path, options: dict[str, object]) -> int:
    """Run ``robaudit scan`` quietly and give the most memory that it took, in bytes."""
    words = [str(word) for pair in options.items() for word in pair]
    command = [sys.executable, "-c", _SCAN, "scan", str(model), "-q", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode not in (0, 4):
        raise RuntimeError(f"robaudit scan ended with {done.returncode}: {done.stderr}")
    return int(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
