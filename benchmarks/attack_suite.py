"""The suite of Table III through robaudit, and through other libraries called directly.

All attack the same network with the same parameters on the same images, in one
process, taking turns; times are medians. ART gets its own PyTorchClassifier.
Foolbox and torchattacks are measured for PGD and CW-L2, where they are
installed. What robaudit does beside the attack (checking boxes, budgets and
classes) is in its time, as is one prediction of the examples in the others'.

    python benchmarks/attack_suite.py [--images 100] [--threads 1] [--turns 3]
"""

import argparse
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import art
import numpy as np
import torch
from art.estimators.classification import PyTorchClassifier

import robaudit
from robaudit import InputSpec, TrainPlan
from robaudit.attacks.art_attacks import ART_ATTACKS
from robaudit.attacks.catalogue import Attack, suite
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import run_attack
from robaudit.types import FloatArray, IntArray

DIGITS = Path(__file__).parents[1] / "examples" / "digits.npz"
SPEC = InputSpec((1, 8, 8), 10)
BATCH = 128
Run = Callable[[], float]


def main() -> None:
    """Measure each attack and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    network, x, y = trained_network(options.images)
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {options.threads} thread(s), {len(x)} images, ART {art.__version__}")
    print()
    columns = ("robaudit", "ART", "Foolbox", "torchattacks")
    print(f"| attack | {' | '.join(f'{name}, s (robust)' for name in columns)} | robaudit / ART |")
    print(f"| --- |{' ---: |' * (len(columns) + 1)}")
    totals = [0.0, 0.0]
    for attack in suite("paper", SPEC):
        runs = runners(attack, network, x, y)
        times: dict[str, list[float]] = {name: [] for name in runs}
        left: dict[str, float] = {}
        for _ in range(options.turns):
            for name, run in runs.items():
                before = time.perf_counter()
                left[name] = run()
                times[name].append(time.perf_counter() - before)
        medians = {name: statistics.median(found) for name, found in times.items()}
        cells = [
            f"{medians[name]:.3f} ({left[name]:.0%})" if name in medians else "" for name in columns
        ]
        ratio = ""
        if "ART" in medians:
            ratio = f"{medians['robaudit'] / medians['ART']:.2f}"
            totals = [totals[0] + medians["robaudit"], totals[1] + medians["ART"]]
        print(f"| {attack.entry.title} | {' | '.join(cells)} | {ratio} |")
    ours, arts = totals
    print(f"| all that ART has | {ours:.3f} | {arts:.3f} | | | {ours / arts:.2f} |")


def trained_network(count: int) -> tuple[torch.nn.Module, FloatArray, IntArray]:
    """Train a small network on the digits; also give test images that it gets right."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(256, 32),
        torch.nn.ReLU(),
        torch.nn.Linear(32, 10),
    )
    x, y = read("train")
    train = robaudit.load(network, spec=SPEC).train
    if train is None:
        raise TypeError("a module that cannot be trained")
    trained = train(x, y, TrainPlan(epochs=30, learning_rate=2e-3))
    x, y = read("test")
    right = np.flatnonzero(trained.predict(x).argmax(axis=1) == y)[:count]
    return trained.predict.__self__.module, x[right], y[right]  # type: ignore[attr-defined]


def read(split: str) -> tuple[FloatArray, IntArray]:
    """Read a part of the digits: (n, 1, 8, 8) of 0..1, and labels (n,)."""
    images = robaudit.read_images(DIGITS, split=split)
    if images.labels is None:
        raise TypeError("digits without labels")
    return images.unit_pixels(slice(None)).transpose(0, 3, 1, 2), images.labels


def runners(attack: Attack, network: torch.nn.Module, x: FloatArray, y: IntArray) -> dict[str, Run]:
    """List the ways to run an attack here; each gives the share of images that hold."""
    classifier = robaudit.load(network, spec=SPEC)
    targets = Targets(x, y, y, 1.0)

    def ours() -> float:
        outcome = run_attack(classifier, targets, attack, seed=0, batch_size=BATCH)
        return float(1 - outcome.success.mean())

    runs: dict[str, Run] = {"robaudit": ours}
    if attack.name in ART_ATTACKS:
        estimator = PyTorchClassifier(
            network, torch.nn.CrossEntropyLoss(), (1, 8, 8), 10, clip_values=(0.0, 1.0)
        )

        def arts() -> float:
            found = ART_ATTACKS[attack.name](attack, estimator, BATCH).generate(
                x=x, y=np.eye(10, dtype=np.float32)[y]
            )
            return held(network, found, attack, x, y)

        runs["ART"] = arts
    if attack.name in ("pgd", "cw-l2"):
        runs |= other_libraries(attack, network, x, y)
    return runs


def other_libraries(
    attack: Attack, network: torch.nn.Module, x: FloatArray, y: IntArray
) -> dict[str, Run]:
    """List how Foolbox and torchattacks run PGD and CW-L2, where they are installed."""
    runs: dict[str, Run] = {}
    values = attack.parameters
    images, labels = torch.tensor(x), torch.tensor(y.astype(np.int64))
    try:
        import foolbox  # noqa: PLC0415 - not everyone has it

        model = foolbox.PyTorchModel(network.eval(), bounds=(0, 1), device="cpu")
        blind: Any = (
            foolbox.attacks.LinfPGD(
                abs_stepsize=values["step"], steps=attack.whole("steps"), random_start=True
            )
            if attack.name == "pgd"
            else foolbox.attacks.L2CarliniWagnerAttack(
                binary_search_steps=attack.whole("searches"),
                steps=attack.whole("steps"),
                stepsize=values["learning_rate"],
            )
        )
        budget = attack.budget if attack.name == "pgd" else None
        runs["Foolbox"] = lambda: held(
            network, blind(model, images, labels, epsilons=budget)[1].numpy(), attack, x, y
        )
    except ImportError:
        pass
    try:
        import torchattacks  # noqa: PLC0415 - not everyone has it

        other: Any = (
            torchattacks.PGD(
                network, eps=attack.budget, alpha=values["step"], steps=attack.whole("steps")
            )
            if attack.name == "pgd"
            else torchattacks.CW(network, steps=attack.whole("steps"), lr=values["learning_rate"])
        )
        runs["torchattacks"] = lambda: held(
            network, other(images, labels).detach().numpy(), attack, x, y
        )
    except ImportError:
        pass
    return runs


def held(
    network: torch.nn.Module, found: FloatArray, attack: Attack, x: FloatArray, y: IntArray
) -> float:
    """Share of images without an example of another class within the budget."""
    with torch.no_grad():
        classes = network(torch.tensor(found)).argmax(dim=1).numpy()
    change = (found - x).reshape(len(x), -1)
    far = np.linalg.norm(change, np.inf if attack.norm == "linf" else 2, axis=1)
    return float(1 - ((classes != y) & (far <= attack.budget + 1e-5)).mean())


if __name__ == "__main__":
    main()
