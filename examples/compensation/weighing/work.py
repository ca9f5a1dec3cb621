"""The pieces of work that the reproduction of the paper does not have."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduction import measuring, work
from reproduction.measuring import ATTACKS_FILE
from reproduction.thinning import drawn, sizes_of
from reproduction.work import Bench
from robaudit import read_findings
from robaudit.hardening import (
    make_examples,
    nearness,
    read_examples,
    weighted_counts,
    weights_by_neighbours,
    write_examples,
)
from robaudit.types import BoolArray, IntArray
from weighing.settings import Study

_EXAMPLES = "examples.npz"


def choose(bench: Bench, searched: Path, rule: str, seed: int, folder: Path) -> None:
    """Make as many examples as the paper's rule does, shared out over classes by a rule.

    All rules draw from the same examples of all samples that were searched, in the same order.
    """
    _, y = work.training_images(bench, seed)
    found = work.read_searched(searched)
    whole = work.hardening_plan(bench, seed, method="reduced", low_samples=1.0)
    every = make_examples(found, whole, y)
    by_level = sizes_of(make_examples(found, work.hardening_plan(bench, seed), y))
    total, reach = int(by_level.sum()), found.rays.plan.reach
    if rule == "levels":
        counts = by_level
    else:
        even = np.ones(found.classes)
        weights = even if rule == "even" else weights_by_neighbours(nearness(found.tally, reach))
        counts = weighted_counts(sizes_of(every), total, weights)
    # Levels are those of the paper's rule, whichever rule chooses.
    with (folder / _EXAMPLES).open("wb") as file:
        write_examples(drawn(every, counts, seed), file)


def read_chosen(folder: Path) -> tuple[tuple[str | None, ...], IntArray]:
    """Give the level of each class, and how many examples `choose` made of it: (C,)."""
    made = read_examples(folder / _EXAMPLES)
    return tuple(one.level for one in made.selections), sizes_of(made)


def measure(study: Study, bench: Bench, model: Path, seed: int, folder: Path) -> None:
    """Audit and attack a model on test images of a seed: the same for all models of it."""
    measuring.audit(bench, model, seed, folder)
    measuring.attack(bench, model, tuple(study.attacks.values()), seed, folder)


@dataclass(frozen=True)
class Measured:
    """One model of one seed: numbers by name, and the ``weakest`` class by its margin.

    ``class_margins`` are shares of the reach.
    """

    values: dict[str, float]
    class_margins: tuple[float, ...]

    @property
    def weakest(self) -> int:
        """The class of the smallest restricted mean margin."""
        return int(np.argmin(self.class_margins))


def read_measured(
    study: Study, bench: Bench, levels: Sequence[str | None], seed: int, folder: Path
) -> Measured:
    """Read what `measure` wrote, with the level that each class had on the original model."""
    found, reach = read_findings(folder), study.setting.audit.reach
    inequality, margins = found.record["inequality"], found.record["margins"]
    of_class = tuple(one["restricted_mean"]["value"] / reach for one in margins["per_class"])
    labels = np.asarray(bench.data.test_of(seed).labels)
    values = _accuracies("accuracy", np.asarray(found.predicted == labels), labels)
    attacks = json.loads((folder / ATTACKS_FILE).read_text())
    for name, held in zip(study.attacks, attacks["held"], strict=True):
        values |= _accuracies(name, np.array(held), labels[attacks["rows"]])
    values |= {
        "margin": margins["restricted_mean"]["value"] / reach,
        "margin, worst class": min(of_class),
        "margin, robust classes": _mean_of(of_class, levels, "high"),
        "margin, vulnerable classes": _mean_of(of_class, levels, "low"),
        "margin, largest less smallest": max(of_class) - min(of_class),
        "Gini": inequality["gini"],
    }
    return Measured(values, of_class)


def _accuracies(name: str, right: BoolArray, labels: IntArray) -> dict[str, float]:
    """Give the share that is right, and that of the class where it is smallest."""
    by_class = [float(right[labels == one].mean()) for one in np.unique(labels)]
    return {name: float(right.mean()), f"{name}, worst class": min(by_class)}


def _mean_of(margins: Sequence[float], levels: Sequence[str | None], level: str) -> float:
    return float(np.mean([one for one, own in zip(margins, levels, strict=True) if own == level]))
