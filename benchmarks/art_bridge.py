"""Attacks of ART through robaudit's bridge, and through ART's own PyTorchClassifier.

Both run on the same network in one process, and take turns, so that whatever
else the machine does hits both; times are medians. That they find the same
examples is checked on the way. One thread by default: the network is so small
that more would measure how they wait for each other.

    python benchmarks/art_bridge.py [--images 100] [--threads 1]
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import art
import numpy as np
import torch
from art.attacks.evasion import (
    CarliniL2Method,
    DeepFool,
    FastGradientMethod,
    ProjectedGradientDescent,
)
from art.estimators.classification import PyTorchClassifier

import robaudit
from robaudit import InputSpec
from robaudit.types import FloatArray

TURNS = 5
DIGITS = Path(__file__).parents[1] / "examples" / "digits.npz"

ATTACKS: dict[str, Callable[[Any], Any]] = {
    "FGSM": lambda estimator: FastGradientMethod(estimator, eps=0.1),
    "PGD, 40 steps": lambda estimator: ProjectedGradientDescent(
        estimator, eps=0.1, eps_step=0.01, max_iter=40, num_random_init=1, verbose=False
    ),
    "DeepFool": lambda estimator: DeepFool(estimator, max_iter=50, batch_size=50, verbose=False),
    "CW-L2, 5 steps": lambda estimator: CarliniL2Method(
        estimator,
        max_iter=5,
        binary_search_steps=2,
        initial_const=10.0,
        learning_rate=0.1,
        batch_size=50,
        verbose=False,
    ),
}


def main() -> None:
    """Measure each attack and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, x = train_network(), read_digits("test")[0][: options.images]
    spec = InputSpec((1, 8, 8), 10)
    estimators = (
        robaudit.art_estimator(robaudit.load(network, spec=spec)),
        PyTorchClassifier(
            network,
            torch.nn.CrossEntropyLoss(),
            spec.shape,
            spec.classes,
            clip_values=(spec.low, spec.high),
            device_type="cpu",
        ),
    )
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {options.threads} thread(s), {options.images} images")
    print(f"ART {art.__version__}, torch {torch.__version__}")
    print()
    print("| attack | bridge, s | PyTorchClassifier, s | bridge / PyTorchClassifier |")
    print("| --- | ---: | ---: | ---: |")
    for name, attack in ATTACKS.items():
        bridge, own = measure(attack, estimators, x)
        print(f"| {name} | {bridge:.3f} | {own:.3f} | {bridge / own:.2f} |")


def measure(
    attack: Callable[[Any], Any], estimators: tuple[Any, Any], x: FloatArray
) -> tuple[float, float]:
    """Measure the seconds of an attack through both estimators."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 1):  # the first warms up
        found = []
        for estimator, seconds in zip(estimators, times, strict=True):
            np.random.seed(turn)  # noqa: NPY002 - what ART draws from
            start = time.perf_counter()
            found.append(attack(estimator).generate(x))
            seconds.append(time.perf_counter() - start)
        np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    bridge, own = (statistics.median(seconds[1:]) for seconds in times)
    return bridge, own


def read_digits(split: str) -> tuple[FloatArray, FloatArray]:
    """Read pixels (n, 1, 8, 8) in 0..1 and labels (n,) of the embedded demo."""
    with np.load(DIGITS) as data:
        x = data[f"x_{split}"][:, None].astype(np.float32) / 255
        return x, data[f"y_{split}"].astype(np.int64)


def train_network() -> Any:
    """Train a small convolutional network for a second."""
    x, y = map(torch.from_numpy, read_digits("train"))
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(256, 10),
    )
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(15):
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
            optimizer.step()
    return network.eval()


if __name__ == "__main__":
    main()
