"""What it costs a hardening that it can go on after it was cut off, and what going on costs.

    python benchmarks/training_states.py --data mnist.npz [--images 6000] [--turns 3]

A small CNN is hardened on images of MNIST. Of each run the share is given that went into taking
states, writing them and what else is kept, which leaves out what else the machine does; a state
is written after each epoch, and each twenty seconds of it. Then it is cut off in the middle of
an epoch and goes on: both parts together are held to the run that was not, in processor time.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import robaudit
from robaudit import Classifier, Images, SearchPlan, TrainPlan
from robaudit.hardening import hardening_preset, make_judge, retrain
from robaudit.storage.blocks import Blocks, Keeping, Stopped
from robaudit.storage.journal import Journal
from robaudit.storage.latest import Latest
from robaudit_torch import training

SPEC = robaudit.InputSpec((1, 28, 28), 10)


class Clock:
    """Adds up the time inside functions, and counts how often they are called."""

    def __init__(self) -> None:
        self.seconds, self.calls = 0.0, 0

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function whose time is added."""

        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.perf_counter() - began
                self.calls += 1

        return timed


def main() -> None:
    """Take turns, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    images = robaudit.read_images(options.data, split="train").take(
        np.arange(options.images), "some"
    )
    clock = Clock()
    for home, name in ((training, "take_state"), (Latest, "write"), (Keeping, "write")):
        setattr(home, name, clock.of(getattr(home, name)))
    classifier = trained(images)
    shares, overheads = [], []
    for _ in range(options.turns):
        clock.seconds, began, cpu = 0.0, time.perf_counter(), time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            hardened(classifier, images, Path(folder))
        wall, whole = time.perf_counter() - began, time.process_time() - cpu
        shares.append(clock.seconds / wall)
        with tempfile.TemporaryDirectory() as folder:
            cpu = time.process_time()
            with suppress(Stopped):
                hardened(classifier, images, Path(folder), cut=whole / 2)
            hardened(classifier, images, Path(folder))
            overheads.append((time.process_time() - cpu) / whole - 1)
        print(f"{wall:.1f} s, of which {clock.seconds:.3f} s to keep it: {shares[-1]:.2%}")
    print(f"kept: {statistics.median(shares):.2%} of a run, at most {max(shares):.2%}")
    print(f"cut off half way: {statistics.median(overheads):+.1%} of processor time")


def trained(images: Images) -> Classifier:
    """Train a small CNN."""
    torch.manual_seed(0)
    module = nn.Sequential(
        *(nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2)),
        *(nn.Linear(800, 100), nn.ReLU(), nn.Linear(100, 10)),
    )
    classifier = robaudit.load(module, spec=SPEC)
    x, y = inputs(images)
    return classifier.train(x, y, TrainPlan(epochs=1)) if classifier.train else classifier


def inputs(images: Images) -> tuple[Any, Any]:
    """Give images as inputs (n, 1, 28, 28), and their labels."""
    return images.unit_pixels(slice(None)).transpose(0, 3, 1, 2), images.labels


def hardened(
    classifier: Classifier, images: Images, folder: Path, cut: float | None = None
) -> None:
    """Harden it as is usual, but for a shorter search; ``cut`` ends it after so many seconds."""
    x, y = inputs(images)
    end = float("inf") if cut is None else time.process_time() + cut
    plan = replace(hardening_preset("standard", SPEC), search=SearchPlan(300, 50), epochs=4)
    judge = make_judge(classifier, x[-600:], y[-600:], SearchPlan(200, 10), 128)
    blocks = Blocks(Keeping(Journal(folder, print), lambda: time.process_time() > end))
    retrain(classifier, x[:-600], y[:-600], judge, plan, blocks=blocks)
    blocks.keeping.write()


if __name__ == "__main__":
    main()
