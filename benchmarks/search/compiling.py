"""What `torch.compile` would give a probe: points and network in one compiled function.

    python -m benchmarks.search.compiling

The bare module, robaudit's probe and the compiled function take turns in one process, on
one batch of points that lie ready as row numbers and distances. It needs a C++ compiler.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import SUBJECTS, missing, open_bench
from benchmarks.search.ways import in_model_space

BATCHES = {
    "mlp-torch": 2048,
    "mnist-convex-adv": 256,
    "cifar10-captum-legacy": 256,
    "resnet20-torch": 16,
}
_TURNS, _SECONDS = 15, 0.15
_SAMPLES, _DIRECTIONS = 50, 100


def main() -> None:
    """Print a table of inputs a second, medians of the turns."""
    print(
        "| network | batch | bare module | probe | compiled | compiling, s | largest difference |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, batch in BATCHES.items():
        if missing(SUBJECTS[name]) is None:
            print(f"| {name} | {batch:,} | {measure(name, batch)} |", flush=True)


def measure(name: str, batch: int) -> str:
    """Measure one network; give the cells of its row, or why it cannot be compiled."""
    subject = SUBJECTS[name]
    plan = replace(subject.plan, samples=_SAMPLES, directions=_DIRECTIONS)
    bench = open_bench(replace(subject, plan=plan))
    x, directions, low, high = in_model_space(bench)
    module = runtime_of(bench.model).module
    prober = bench.model.prober
    assert prober is not None  # noqa: S101 - models of torch have one
    probe = prober(x, directions, low, high)
    samples, ways = torch.as_tensor(x), torch.as_tensor(directions)
    lowest, highest = (torch.as_tensor(np.asarray(one, dtype=np.float32)) for one in (low, high))

    def points(sample: Any, direction: Any, distance: Any) -> Any:
        return torch.clamp(samples[sample] + distance * ways[direction], lowest, highest)

    random = np.random.default_rng(0)
    rows = random.integers(0, _SAMPLES, batch), random.integers(0, _DIRECTIONS, batch)
    distance = random.uniform(0, plan.reach, batch).astype(np.float32)
    axes = (-1, *[1] * (x.ndim - 1))
    asked = (*map(torch.as_tensor, rows), torch.as_tensor(distance).reshape(axes))
    compiled = torch.compile(lambda *where: module(points(*where)), dynamic=False)
    with torch.inference_mode():
        ready = points(*asked)
        before = time.perf_counter()
        try:
            scores = compiled(*asked)
        except Exception as error:  # noqa: BLE001 - the compiler raises all kinds
            return f"not compiled: {type(error).__name__} | | | |"
        took = time.perf_counter() - before
        differs = float((scores - module(ready)).abs().max())
        speeds = _take_turns(
            batch, (lambda: module(ready), lambda: probe(*rows, distance), lambda: compiled(*asked))
        )
    return " | ".join([*(f"{one:,.0f}" for one in speeds), f"{took:.1f}", f"{differs:.1e}"])


def _take_turns(batch: int, ways: tuple[Callable[[], Any], ...]) -> list[float]:
    """Give inputs a second of each way."""
    speeds: list[list[float]] = [[] for _ in ways]
    for _ in range(_TURNS + 1):  # the first warms up
        for way, found in zip(ways, speeds, strict=True):
            done, before = 0, time.perf_counter()
            while (passed := time.perf_counter() - before) < _SECONDS:
                way()
                done += batch
            found.append(done / passed)
    return [median(one[1:]) for one in speeds]


if __name__ == "__main__":
    main()
