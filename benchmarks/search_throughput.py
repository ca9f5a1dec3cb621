"""How much of a model's bare speed the search keeps: both measured in one run, side by side.

Bare: ``session.run`` of onnxruntime over and over on one batch of images, at
the best of a few batch sizes. Search: the linear search along rays, all it does
included. Medians of several turns; the two take turns, so that whatever else
the machine does hits both.

    python benchmarks/search_throughput.py MODEL.onnx ... --data DATA.npz
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

import robaudit
from robaudit import Classifier, Images, PreprocessingRequest, SearchPlan
from robaudit.directions import random_directions
from robaudit.predicting import batch_size_for, predict_classes, score_scale
from robaudit.preparing import prepare
from robaudit.search import make_probe, search
from robaudit_onnx.runtime import Runner

TURNS = 5
SECONDS = 1.0
BATCHES = (16, 64, 256, 1024)


def main() -> None:
    """Measure each model and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    parser.add_argument("--data", required=True, type=Path)
    options = parser.parse_args()
    images = robaudit.read_images(options.data)
    print(f"{platform.processor() or platform.machine()}, onnxruntime {onnxruntime.__version__}")
    print()
    print("| model | bare forward, inputs/s | batch | search, probes/s | search / bare |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for model in options.models:
        bare, batch, probes = measure(robaudit.load(model), images)
        print(f"| {model.stem} | {bare:,.0f} | {batch} | {probes:,.0f} | {probes / bare:.2f} |")


def measure(classifier: Classifier, images: Images) -> tuple[float, int, float]:
    """Measure bare inputs/s, the batch size that gave it, and probes/s of the search."""
    prepared = prepare(
        classifier,
        images,
        PreprocessingRequest(),
        count=0,
        seed=0,
        batch_size=batch_size_for(classifier.spec),
    )
    runner = classifier.predict
    if not isinstance(runner, Runner):
        raise TypeError(f"{classifier.name} is not run by onnxruntime alone")
    pixels = prepared.inputs(slice(0, max(BATCHES)))
    sizes = BATCHES if runner.batch is None else (runner.batch,)
    best = max(sizes, key=lambda batch: bare_speed(runner, pixels[:batch]))
    walk = searcher(prepared.classifier, prepared.inputs(slice(0, 50)))
    walk(4)
    speeds: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        speeds[0].append(bare_speed(runner, pixels[:best]))
        speeds[1].append(walk(40))
    bare, probes = map(statistics.median, speeds)
    return bare, best, probes


def bare_speed(runner: Runner, pixels: np.ndarray) -> float:
    """Measure inputs a second through the bare session."""
    feed = {runner.input_name: np.ascontiguousarray(pixels, dtype=runner.dtype)}
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        runner.session.run([runner.output_name], feed)
        done += len(pixels)
    return done / (time.perf_counter() - start)


def searcher(classifier: Classifier, x: np.ndarray) -> Callable[[int], float]:
    """Make a function that searches along some directions and gives probes a second."""
    scale = score_scale(classifier.predict(x))
    start = predict_classes(classifier.predict, x, scale)
    directions = random_directions(classifier.spec.shape, 40, seed=0)
    batch_size = batch_size_for(classifier.spec)

    def walk(count: int) -> float:
        plan = SearchPlan(samples=len(x), directions=count)
        before = time.perf_counter()
        probe = make_probe(classifier, x, directions[:count], clip=plan.clip)
        found = search(probe, start, start, plan, scale=scale, batch_size=batch_size)
        return found.evaluations / (time.perf_counter() - before)

    return walk


if __name__ == "__main__":
    main()
