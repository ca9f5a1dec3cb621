"""What compiling gives a probe of PyTorch, or of Keras on PyTorch.

    python -m benchmarks.search.compiling

The model's own runtime, robaudit's probe as it begins and the same one compiled take turns in
one process, on a batch of points that is given as row numbers and distances. It needs a
C++ compiler.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"  # before anything imports it

import keras
import numpy as np
import torch

import robaudit
from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import SUBJECTS, missing, open_bench
from benchmarks.search.ways import compile_now, in_model_space
from robaudit import Classifier, InputSpec
from robaudit.types import Bound, FloatArray

BATCHES = {
    "mlp-torch": 2048,
    "mnist-convex-adv": 256,
    "cifar10-captum-legacy": 256,
    "cnn-torch": 16,
    "resnet20-torch": 16,
}
_TURNS, _SECONDS = 15, 0.15
_SAMPLES, _DIRECTIONS, _REACH = 50, 100, 0.5
_KERAS, _KERAS_BATCH = "a small network of Keras", 256

Inputs = tuple[FloatArray, FloatArray, Bound, Bound]


def main() -> None:
    """Print a table of inputs a second, medians of the turns."""
    print(
        "| network | batch | bare | probe | compiled | compiled / probe | compiling, s | differs |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, batch in BATCHES.items():
        if missing(SUBJECTS[name]) is None:
            print(f"| {name} | {batch:,} | {measure(*opened(name, batch), batch)} |", flush=True)
    print(f"| {_KERAS} | {_KERAS_BATCH} | {measure(*of_keras(), _KERAS_BATCH)} |")


def opened(name: str, batch: int) -> tuple[Classifier, Inputs, Callable[[], Any]]:
    """Open a model of torch; also give what its prober gets, and a call of it alone."""
    subject = SUBJECTS[name]
    plan = replace(subject.plan, samples=_SAMPLES, directions=_DIRECTIONS)
    bench = open_bench(replace(subject, plan=plan))
    inputs = in_model_space(bench)
    module = runtime_of(bench.model).module
    ready = torch.as_tensor(np.resize(inputs[0], (batch, *inputs[0].shape[1:])))
    return bench.model, inputs, lambda: module(ready)


def of_keras() -> tuple[Classifier, Inputs, Callable[[], Any]]:
    """Make a network of Keras, and the rest in the same way."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    random = np.random.default_rng(0)
    x = random.random((_SAMPLES, 28, 28, 1), dtype=np.float32)
    directions = random.standard_normal((_DIRECTIONS, 28, 28, 1), dtype=np.float32)
    ready = keras.ops.convert_to_tensor(np.resize(x, (_KERAS_BATCH, 28, 28, 1)))
    classifier = robaudit.load(model, spec=InputSpec((28, 28, 1), 10))
    return classifier, (x, directions, 0.0, 1.0), lambda: model(ready, training=False)


def measure(classifier: Classifier, inputs: Inputs, bare: Callable[[], Any], batch: int) -> str:
    """Measure one network; give the cells of its row."""
    assert classifier.prober is not None  # noqa: S101 - models of these two have one
    probe, hastened = (classifier.prober(*inputs) for _ in range(2))
    random = np.random.default_rng(0)
    rays = (
        random.integers(0, _SAMPLES, batch),
        random.integers(0, _DIRECTIONS, batch),
        random.uniform(0, _REACH, batch).astype(np.float32),
    )
    scores = probe(*rays)
    before = time.perf_counter()
    kept = compile_now(hastened, rays)
    took = time.perf_counter() - before
    differs = float(np.abs(hastened(*rays) - scores).max())

    def bare_in_peace() -> None:
        with torch.inference_mode():
            bare()

    ways = bare_in_peace, lambda: probe(*rays), lambda: hastened(*rays)
    speeds = _take_turns(batch, ways)
    ratio = f"{speeds[2] / speeds[1]:.2f}" if kept else "not kept"
    return " | ".join([*(f"{one:,.0f}" for one in speeds), ratio, f"{took:.1f}", f"{differs:.1e}"])


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
