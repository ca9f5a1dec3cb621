"""What the sources of the method say of decision boundaries, measured on MNIST and CIFAR-10.

pip install "robaudit[torch,sklearn]"
python examples/decision_boundaries.py --data FOLDER

Trains a small network on each, and writes a table for each claim. ``FOLDER`` holds
``mnist.npz`` and ``cifar10.npz`` with ``x_train``, ``y_train``, ``x_test``, ``y_test``.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import robaudit
from robaudit import Classifier, Images, InputSpec, OptMargin, PreprocessingRequest, SearchPlan

SEED = 0
AS_IT_IS = PreprocessingRequest(mean=(0.0,), std=(1.0,))


@dataclass(frozen=True)
class Scale:
    """How much is done, and the sources' own radius, step and budgets for a data set."""

    train: int
    epochs: int
    samples: int
    radius: float
    budget: float
    search: SearchPlan


SCALES = {
    "mnist": Scale(20_000, 4, 100, 0.3, 3.0, SearchPlan(100, 100, signs=1, step=0.02, steps=25)),
    "cifar10": Scale(
        20_000, 8, 100, 0.02, 1.0, SearchPlan(100, 100, signs=1, step=2 / 255, steps=25)
    ),
}


def main() -> None:
    """Measure each data set, and print what came out as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dataset", choices=list(SCALES), action="append")
    chosen = parser.parse_args()
    for name in chosen.dataset or SCALES:
        for line in report(name, chosen.data / f"{name}.npz", SCALES[name]):
            print(line, flush=True)


def report(name: str, path: Path, scale: Scale) -> Iterator[str]:
    """Train a network and write down what was measured."""
    with np.load(path) as data:
        train, test = ((data[f"x_{part}"], data[f"y_{part}"]) for part in ("train", "test"))
    classifier = trained(*train, scale)
    images = robaudit.images_from_arrays(*test)
    yield from ("", f"## {name}")
    yield from consistency(classifier, images)
    x, y = right_samples(classifier, *test, scale.samples)
    attacked = attack(classifier, x, y, scale)
    yield from votes(classifier, x, y, attacked, scale)
    yield from detection(classifier, x, attacked, scale)
    yield from subspaces(classifier, x, y, scale)


def trained(pixels: Any, labels: Any, scale: Scale) -> Classifier:
    """Train a small convolutional network on pixels of 0..1."""
    torch.manual_seed(SEED)
    x = as_input(pixels[: scale.train])
    channels, size = x.shape[1:3]
    network = nn.Sequential(
        *(nn.Conv2d(channels, 16, 5, stride=2, padding=2), nn.ReLU()),
        *(nn.Conv2d(16, 32, 5, stride=2, padding=2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(32 * (size // 4) ** 2, 100), nn.ReLU(), nn.Linear(100, 10)),
    )
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    random = np.random.default_rng(SEED)
    targets = torch.from_numpy(labels.astype(np.int64).reshape(-1))
    for _ in range(scale.epochs):
        for rows in np.array_split(random.permutation(len(x)), len(x) // 64):
            optimizer.zero_grad()
            scores = network(torch.from_numpy(x[rows]))
            nn.functional.cross_entropy(scores, targets[rows]).backward()
            optimizer.step()
    return robaudit.load(network.eval(), spec=InputSpec(x.shape[1:], 10))


def as_input(pixels: Any) -> Any:
    """Bring bytes (n, height, width[, 3]) to (n, channels, height, width) of 0..1."""
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32) / 255


def right_samples(classifier: Classifier, pixels: Any, labels: Any, count: int) -> tuple[Any, Any]:
    """Take as many samples of each class as can be that the classifier has right."""
    x, y = as_input(pixels[:2000]), labels[:2000].astype(np.int64).reshape(-1)
    parts = [classifier.predict(part) for part in np.array_split(x, 20)]
    right = np.concatenate(parts).argmax(axis=1) == y
    rows = [np.flatnonzero(right & (y == index))[: count // 10] for index in range(10)]
    taken = np.concatenate(rows)
    return x[taken], y[taken]


def attack(classifier: Classifier, x: Any, y: Any, scale: Scale) -> dict[str, tuple[Any, Any]]:
    """Make examples by FGSM, by Carlini and Wagner's attack, and by OptMargin."""
    pixels = np.rint(x.transpose(0, 2, 3, 1) * 255).astype(np.uint8)
    images = robaudit.images_from_arrays(pixels, y)
    found = robaudit.attack_images(classifier, images, "fgsm", preprocessing=AS_IT_IS)
    outcome = found.results[0].outcome
    if outcome is None:
        raise SystemExit(found.results[0].skipped)
    order = np.argsort(found.rows)
    return {
        "FGSM": (outcome.examples[order], outcome.success[order]),
        "CW-L2": robaudit.opt_margin(classifier, x, y, OptMargin(0, members=1)),
        "OptMargin": robaudit.opt_margin(
            classifier, x, y, OptMargin(scale.radius, steps=100, seed=SEED + 1)
        ),
    }


def consistency(classifier: Classifier, images: Images) -> Iterator[str]:
    """Say whether the lead of the best logit tells how far a sample lies from the boundary."""
    record = robaudit.make_record(
        robaudit.scan(classifier, images, plan="quick", preprocessing=AS_IT_IS)
    )
    found = record["margins"]["consistency"]
    accuracy = share(record["clean"]["accuracy"])
    yield from ("", f"Accuracy on all images of the test set: {accuracy}.")
    yield from table(
        ("margin consistency", "value (95%)"),
        [
            ("rank correlation", number(found["rank_correlation"])),
            ("AUROC of the quarter nearest to the boundary", number(found["auroc"])),
            ("false alarms where 95% of it are caught", share(found["false_alarms"])),
        ],
    )


def votes(
    classifier: Classifier, x: Any, y: Any, attacked: Mapping[str, tuple[Any, Any]], scale: Scale
) -> Iterator[str]:
    """Compare what attacks leave of the classifier with what they leave of one that votes."""
    voting = robaudit.region_classifier(classifier, radius=scale.radius, votes=100)
    rows = []
    for name, (examples, found) in {"none": (x, np.zeros(len(x), bool)), **attacked}.items():
        length = np.sqrt(np.square(examples - x)[found].mean(axis=(1, 2, 3)))
        rows.append(
            (
                name,
                f"{np.mean(right(classifier, examples, y)):.1%}",
                f"{np.mean(right(voting, examples, y)):.1%}",
                f"{length.mean():.3f}" if found.any() else "-",
            )
        )
    yield from table(("attack", "accuracy", "by region", "mean distance (RMS)"), rows)


def right(classifier: Classifier, x: Any, y: Any) -> Any:
    """Mark the inputs that a classifier has right."""
    parts = [classifier.predict(part) for part in np.array_split(x, max(1, len(x) // 50))]
    return np.concatenate(parts).argmax(axis=1) == y


def detection(
    classifier: Classifier, x: Any, attacked: Mapping[str, tuple[Any, Any]], scale: Scale
) -> Iterator[str]:
    """Give the rates of detectors that see distances and adjacent classes."""
    results = robaudit.measure_detection(classifier, x, attacked, scale.search)
    rows = [
        (
            one.trained_on,
            one.tested_on,
            f"{one.detected.value:.1%} ({one.detected.low:.1%} to {one.detected.high:.1%})",
            f"{one.false_alarms.value:.1%}",
            f"{one.auroc.value:.2f} ({one.auroc.low:.2f} to {one.auroc.high:.2f})",
        )
        for one in results
    ]
    yield from table(("trained on", "tested on", "detected", "false alarms", "AUROC"), rows)


def subspaces(classifier: Classifier, x: Any, y: Any, scale: Scale) -> Iterator[str]:
    """Count orthogonal directions that leave the class, and say it for each class."""
    found = robaudit.adversarial_directions(classifier, x, y, budget=scale.budget)
    groups = {str(index): y == index for index in np.unique(y)} | {"all": y >= 0}
    rows = [
        (
            name,
            f"{found.crossing[own].mean():.1f}",
            f"{found.linear[own].mean():.1f}",
            str(found.crossing[own].max()),
        )
        for name, own in groups.items()
    ]
    yield from table((f"class, budget {scale.budget:g}", "directions", "if flat", "most"), rows)


def share(estimate: Mapping[str, float]) -> str:
    """Write a share with its interval."""
    return "{value:.1%} ({low:.1%} to {high:.1%})".format(**estimate)


def number(estimate: Mapping[str, float]) -> str:
    """Write a number with its interval."""
    return "{value:.2f} ({low:.2f} to {high:.2f})".format(**estimate)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Write a table in Markdown."""
    yield ""
    for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows):
        yield "| " + " | ".join(row) + " |"


if __name__ == "__main__":
    main()
