"""The whole searches of the paper, Section V: how long they take, and at what share of the peak.

    python -m benchmarks.search.whole --device cuda

A network is trained on each data set first, so that boundaries lie where those of real models do:
16 million multiply-adds for MNIST, a ResNet-20 of 41 million for CIFAR-10. What it is set against
is a product of large matrices in single precision on the same device: near its peak on a
GPU, not always on a CPU.
"""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

import robaudit
from benchmarks.search.machine import describe_machine
from benchmarks.search.multiply_adds import count_in_module
from benchmarks.search.networks import export, settled_network
from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import SHARE_TOLD_OTHERWISE, SHARED
from robaudit import Classifier, OpenOptions, TrainPlan
from robaudit.batches import batch_size_for, pace_for
from robaudit.predicting import classes_of
from robaudit.search.boundary_search import search_samples
from robaudit.search.directions import random_directions
from robaudit.types import FloatArray, IntArray

NETWORKS = {"mnist": "cnn", "cifar10": "resnet20"}
_TRAINED_ON, _EPOCHS, _LEARNING_RATE = 20_000, 3, 1e-3
_TESTED_ON = 2_000
_MATRIX, _PRODUCTS = 4096, 5


@dataclass(frozen=True)
class Trained:
    """A network trained on a data set, and images (n, *shape) to search from.

    ``accuracy`` is its share of right answers on others, ``multiply_adds`` the work of one input.
    """

    classifier: Classifier
    x: FloatArray
    accuracy: float
    multiply_adds: int


def main() -> None:
    """Train, search, and print a row for each data set."""
    options = make_parser().parse_args()
    device = "cuda" if options.device != "cpu" and torch.cuda.is_available() else "cpu"
    where = torch.cuda.get_device_name() if device == "cuda" else device
    peak = matrix_peak(device)
    print(describe_machine([f"torch {torch.__version__} ({where})"]))
    print(f"a product of matrices: {peak / 1e12:.2f} TFLOP/s\n")
    heads = ["data", "accuracy", "multiply-adds", "rays", "probes", "probes/ray", "of linear"]
    heads += ["found otherwise", "seconds", "probes/s", "of a product"]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * 2}{' ---: |' * (len(heads) - 2)}")
    for name in options.datasets or NETWORKS:
        with TemporaryDirectory() as folder:
            trained = train(name, options, device, Path(folder))
            print(f"| {name} | {' | '.join(search(trained, options, peak))} |", flush=True)


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(description="Time the whole searches of the paper.")
    parser.add_argument("datasets", nargs="*", metavar="DATA", help=" and ".join(NETWORKS))
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of models and data")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--runtime", choices=("onnx", "torch"), default="onnx")
    parser.add_argument("--search", choices=("traced", "linear"), default="traced")
    parser.add_argument("--samples", type=int, help="instead of the paper's 1,500")
    return parser


def train(name: str, options: argparse.Namespace, device: str, folder: Path) -> Trained:
    """Train the network of a data set, and open it for the runtime that was chosen."""
    (x, y), (others, labels) = (
        images_of(options.shared / "data" / f"{name}.npz", split, count)
        for split, count in (("train", _TRAINED_ON), ("test", _TESTED_ON))
    )
    opening = OpenOptions(device=device, input_shape=x.shape[1:])
    begun = robaudit.load(settled_network(NETWORKS[name], x[:64]), opening)
    assert begun.train is not None  # noqa: S101 - networks of torch have it
    trained = begun.train(x, y, TrainPlan(_EPOCHS, learning_rate=_LEARNING_RATE))
    classes, _ = classes_of(trained.predict, others, batch_size_for(trained.spec))
    module = runtime_of(trained).module.cpu()
    work = count_in_module(module, x[:1])
    source: object = module
    if options.runtime == "onnx":
        source = folder / "model.onnx"
        export(module, x, source)
    opened = robaudit.load(source, opening)
    return Trained(opened, x, float(np.mean(classes == labels)), work)


def images_of(path: Path, split: str, count: int) -> tuple[FloatArray, IntArray]:
    """Read so many images of a data set as (n, channels, height, width), and their labels."""
    images = robaudit.read_images(path, split=split)
    assert images.labels is not None  # noqa: S101 - the shared data sets have them
    pixels = images.unit_pixels(slice(0, count))
    pixels = pixels.reshape(*pixels.shape[:3], -1)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), images.labels[:count]


def search(trained: Trained, options: argparse.Namespace, peak: float) -> list[str]:
    """Search by the paper's plan; give the cells of a row."""
    classifier = trained.classifier
    paper = robaudit.preset("paper", classifier.spec)
    plan = replace(
        paper,
        strategy=options.search,
        samples=options.samples or paper.samples,
        tolerance=SHARE_TOLD_OTHERWISE,
    )
    x = trained.x[: plan.samples]
    origin, _ = classes_of(classifier.predict, x, batch_size_for(classifier.spec))
    directions = random_directions(classifier.spec.shape, plan.directions, seed=plan.seed)
    before = time.perf_counter()
    found = search_samples(classifier, x, origin, directions, plan, pace_for(classifier.spec))
    seconds = time.perf_counter() - before
    rays, speed = len(found.step), found.evaluations / seconds
    check = found.check
    return [
        f"{trained.accuracy:.1%}",
        f"{trained.multiply_adds:,}",
        f"{rays:,}",
        f"{found.evaluations:,}",
        f"{found.evaluations / rays:.2f}",
        f"1 / {found.linear_evaluations / found.evaluations:.2f}",
        f"{check.disagreements} of {check.audited:,}, at most {check.upper_bound:.2%}",
        f"{seconds:,.0f}",
        f"{speed:,.0f}",
        f"{2 * trained.multiply_adds * speed / peak:.0%}",
    ]


def matrix_peak(device: str) -> float:
    """Give the most operations a second of a product of large matrices: two a multiply-add."""
    one, other = torch.rand(2, _MATRIX, _MATRIX, device=device)
    fastest = float("inf")
    for _ in range(_PRODUCTS):
        before = time.perf_counter()
        float((one @ other)[0, 0])  # which waits for it
        fastest = min(fastest, time.perf_counter() - before)
    return 2 * _MATRIX**3 / fastest


if __name__ == "__main__":
    main()
