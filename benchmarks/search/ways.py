"""The ways to search, each as a function from a number of samples to what one turn cost."""

import logging.handlers
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import numpy as np

from benchmarks.search.foolbox_way import foolbox_way
from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import Bench
from benchmarks.search.turns import Stopwatch, Turn, Way
from robaudit.predicting import make_probe
from robaudit.preprocessing.normalisation import normalised
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.boundary_search import measure_realised, search
from robaudit.search.plan import Strategy
from robaudit.search.rays import NONE, locate_rays
from robaudit.search.traced.check import Check
from robaudit.types import Bound, FloatArray, IntArray, Probe
from robaudit_torch import compiling

STRATEGIES: tuple[Strategy, ...] = ("linear", "traced")
BATCHES = (1, 4, 16, 64, 256, 1024)
_BATCH_NUMBERS = 2**22
_TRIALS = 3


def bare_way(bench: Bench, seconds: float) -> Way:
    """Run the model alone, for some seconds, over and over on one batch of its best size."""
    runtime = runtime_of(bench.model)
    inputs = in_model_space(bench)[0]

    def speed(batch: int, limit: float) -> Turn:
        feed = runtime.bring(np.resize(inputs, (batch, *inputs.shape[1:])))
        runtime.run(feed)
        done, start = 0, time.perf_counter()
        while (passed := time.perf_counter() - start) < limit:
            runtime.run(feed)
            done += batch
        return Turn(passed, done, 0, 1.0, batch)

    most = max(1, _BATCH_NUMBERS // bench.model.spec.dimension)
    sizes = (runtime.batch,) if runtime.batch else [one for one in BATCHES if one <= most]
    # Round by round, since the machine may be slow for longer than a trial takes.
    rounds = [[speed(size, seconds / 4) for size in sizes] for _ in range(_TRIALS)]
    medians = [
        statistics.median(turn.probes / turn.seconds for turn in turns)
        for turns in zip(*rounds, strict=True)
    ]
    best = sizes[int(np.argmax(medians))]
    return lambda _samples: speed(best, seconds)


def strategy_way(strategy: Strategy, bench: Bench, _seconds: float = 0.0) -> Way:
    """Search as robaudit does, by one of its strategies.

    What a search does once, however many rays it walks, is done here and told apart:
    binding the samples and directions, finding the batch size, and compiling.
    """
    plan, spec = replace(bench.plan, strategy=strategy), bench.classifier.spec
    before = time.perf_counter()
    bound = make_probe(bench.classifier, bench.x, bench.directions, clip=plan.clip)
    batch_size = measured_batch_size(bound, plan.samples, plan, spec)
    rays = np.arange(batch_size) % (plan.samples * plan.rays_per_sample)
    sample, direction, sign = locate_rays(rays, plan)
    compile_now(bound, (sample, direction, sign * plan.reach))
    once = time.perf_counter() - before

    def walk(samples: int) -> Turn:
        origin = bench.start[:samples]
        before = time.perf_counter()
        probe = Stopwatch(bound)
        found = search(
            probe,
            origin,
            origin,
            replace(plan, samples=samples),
            scale=bench.scale,
            batch_size=batch_size,
            scores=spec.scores,
        )
        seconds = time.perf_counter() - before
        before = time.perf_counter()
        measure_realised(found, bench.x[:samples], origin, bench.directions, plan, spec)
        return Turn(
            seconds,
            probe.rows,
            len(found.step),
            probe.seconds / seconds,
            batch_size,
            found.step,
            found.adjacent,
            _walked_in_full(found.check),
            found.linear_evaluations,
            found.check.fallback or "",
            once,
            time.perf_counter() - before,
        )

    return walk


def compile_now(probe: Probe, rays: tuple[IntArray, IntArray, FloatArray]) -> bool:
    """Have a probe of torch compiled for so many rays, as it is in a search of minutes.

    Tells whether it was: that is up to the probe, as it is there.
    """
    log, heard = logging.getLogger(compiling.__name__), logging.handlers.BufferingHandler(100)
    log.addHandler(heard)
    log.setLevel(logging.DEBUG)
    try:
        with patch.object(compiling, "PATIENCE", 0.0):
            probe(*rays)
    finally:
        log.removeHandler(heard)
        log.setLevel(logging.NOTSET)
    return any(one.msg.startswith("compiled for") for one in heard.buffer)


def _walked_in_full(check: Check) -> int:
    return check.audited + check.calibrated if check.strategy == "traced" else 0


def authors_way(bench: Bench, _seconds: float = 0.0) -> Way:
    """Search one image at a time, all its directions that are still under way in one batch.

    All else is NumPy's: the points, clipping, comparing. The walk is in the space of
    the model's own inputs, so that nothing is normalised on the way.
    """
    runtime = runtime_of(bench.model)
    x, directions, low, high = in_model_space(bench)
    plan = bench.plan
    both_ways = np.stack([directions, -directions], axis=1)[:, : plan.signs]
    rays = both_ways.reshape(-1, *directions.shape[1:])

    step_size = np.float32(plan.step)

    def walk(samples: int) -> Turn:
        scores = Stopwatch(runtime.scores)
        step = np.full((samples, len(rays)), NONE)
        adjacent = np.full((samples, len(rays)), NONE)
        before = time.perf_counter()
        for image in range(samples):
            under_way = np.arange(len(rays))
            for reached in range(1, plan.steps + 1):
                points = np.clip(x[image] + reached * step_size * rays[under_way], low, high)
                classes = scores(points).argmax(axis=1)
                crossed = classes != bench.start[image]
                step[image, under_way[crossed]] = reached
                adjacent[image, under_way[crossed]] = classes[crossed]
                under_way = under_way[~crossed]
                if not len(under_way):
                    break
        seconds = time.perf_counter() - before
        share = scores.seconds / seconds
        answer = step.ravel(), adjacent.ravel()
        return Turn(
            seconds, scores.rows, step.size, share, len(rays), *answer, linear_probes=scores.rows
        )

    return walk


def in_model_space(bench: Bench) -> tuple[FloatArray, FloatArray, Bound, Bound]:
    """Give samples, directions and the box as a prober of the model's own inputs gets them."""
    seen: list[tuple[FloatArray, FloatArray, Bound, Bound]] = []

    def look(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        seen.append((x, directions, low, high))
        return lambda sample, _direction, _distance: x[sample]

    looking = normalised(replace(bench.model, prober=look), bench.preprocessing)
    make_probe(looking, bench.x, bench.directions, clip=bench.plan.clip)
    return seen[0]


MakeReady = Callable[[Bench, float], Way | str]
"""Makes a way ready for a bench, or says why it does not apply; also told how many seconds
a turn of a way that does the same over and over is to take."""


WAYS: dict[str, MakeReady] = {
    "bare": bare_way,
    **{name: partial(strategy_way, name) for name in STRATEGIES},
    "authors": authors_way,
    "foolbox": foolbox_way,
}
"""All ways to search, by name."""
