"""What was measured of each model of each seed, read back from the stages' files."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import robaudit
from reproduction import measuring, work
from reproduction.data import class_names
from reproduction.experiments import Experiments, Model
from reproduction.settings import ATTACKS, GRADIENT_ATTACKS, NOISES, Setting
from reproduction.stages import Kept

Value = float | None
Centers = Mapping[str, Mapping[str, Sequence[Value]]]
"""Mean margins of class centre images: by model, by the set, class by class."""


@dataclass(frozen=True)
class Measured:
    """One model of one seed.

    ``record`` is its ``audit.json``. ``attacks`` has the accuracy under each attack of
    Table III, ``curve`` that under FGSM at each strength of Fig. 3, ``attacked`` the
    accuracy on the same images as they are.
    """

    record: Mapping[str, Any]
    attacks: Mapping[str, float]
    curve: tuple[float, ...]
    attacked: float

    @property
    def accuracy(self) -> Value:
        """Accuracy on all test images of the seed."""
        return self._value(self.record["clean"]["accuracy"])

    @property
    def restricted_mean(self) -> Value:
        """Restricted mean margin, in RMS units."""
        return self._value(self.record["margins"]["restricted_mean"])

    @property
    def crossing_rate(self) -> Value:
        """Share of rays that cross within reach."""
        return self._value(self.record["margins"]["crossing_rate"])

    @property
    def robustness(self) -> Value:
        """R (Eq. 2), in RMS units."""
        found: Value = self.record["inequality"]["model_robustness"]
        return found

    @property
    def class_robustness(self) -> tuple[Value, ...]:
        """R_i (Eq. 3) of each class."""
        return tuple(self.record["inequality"]["class_robustness"])

    @property
    def class_margins(self) -> tuple[Value, ...]:
        """Restricted mean margin of each class, in RMS units."""
        return tuple(
            self._value(one["restricted_mean"]) for one in self.record["margins"]["per_class"]
        )

    @property
    def worst_class_margin(self) -> Value:
        """The smallest of them."""
        return min((one for one in self.class_margins if one is not None), default=None)

    @property
    def gini(self) -> Value:
        """Gini coefficient of the classes' restricted mean margins: 0 where all are equal."""
        found: Value = self.record["inequality"]["gini"]
        return found

    @property
    def adjacent(self) -> tuple[Value, ...]:
        """Share of rays that end in each class, and of those that end in none (Table I)."""
        inequality = self.record["inequality"]
        return (*inequality["adjacent_share"], inequality["unreached_share"])

    @property
    def matrix(self) -> list[list[Value]]:
        """Mean margin matrix (Eq. 1), in RMS units."""
        found: list[list[Value]] = self.record["margins"]["mean_matrix"]
        return found

    def mean_under(self, attacks: tuple[str, ...]) -> float:
        """Average the accuracy under some attacks."""
        return float(np.mean([self.attacks[name] for name in attacks]))

    @property
    def under_gradients(self) -> float:
        """Mean accuracy under the attacks that follow gradients."""
        return self.mean_under(GRADIENT_ATTACKS)

    @property
    def under_noise(self) -> float:
        """Mean accuracy under noise."""
        return self.mean_under(NOISES)

    @staticmethod
    def _value(estimate: Mapping[str, Value]) -> Value:
        return estimate["value"]


@dataclass(frozen=True)
class Measures:
    """All models of all seeds: ``models`` by name, seed by seed.

    ``levels`` holds for each seed the level of each class by the search of the original
    model, ``examples`` how many examples each model was retrained on, ``centers`` the
    margins of class centre images, in RMS units.
    """

    setting: Setting
    class_names: tuple[str, ...]
    models: Mapping[str, tuple[Measured, ...]]
    levels: tuple[tuple[str | None, ...], ...]
    examples: Mapping[str, tuple[int, ...]]
    centers: tuple[Centers, ...]

    @property
    def seeds(self) -> int:
        """How many seeds there are."""
        return len(self.levels)

    @property
    def over_seeds(self) -> str:
        """What a number and its interval are of, for captions."""
        if self.seeds == 1:
            return "One seed, without an interval."
        return (
            f"Mean over {self.seeds} seeds, each with test images of its own, with Student's 95% "
            "interval."
        )

    def first(self, seeds: int, names: Collection[str]) -> "Measures":
        """Keep the first seeds, and some models."""
        return Measures(
            self.setting,
            self.class_names,
            {name: self.models[name][:seeds] for name in names if name in self.models},
            self.levels[:seeds],
            {name: counts[:seeds] for name, counts in self.examples.items()},
            self.centers[:seeds],
        )


def read_measures(found: Experiments, kept: Kept) -> Measures:
    """Read all that the stages of some experiments kept."""
    models: dict[str, list[Measured]] = {}
    examples: dict[str, list[int]] = {}
    levels = []
    for seed in found.seeds:
        for name, model in seed.models.items():
            models.setdefault(name, []).append(_measured(model, kept, found.bench.setting))
        for name, stage in seed.examples.items():
            made = work.read_made(kept.folder_of(stage))
            examples.setdefault(name, []).append(len(made))
            if name == "feedback":
                levels.append(tuple(one.level for one in made.selections))
    return Measures(
        found.bench.setting,
        class_names(found.bench.setting.dataset, found.bench.data.test),
        {name: tuple(values) for name, values in models.items()},
        tuple(levels),
        {name: tuple(values) for name, values in examples.items()},
        tuple(measuring.read_centers(kept.folder_of(seed.centers)) for seed in found.seeds),
    )


def _measured(model: Model, kept: Kept, setting: Setting) -> Measured:
    findings = robaudit.read_findings(kept.folder_of(model.audit))
    attacks = json.loads((kept.folder_of(model.attacks) / measuring.ATTACKS_FILE).read_text())
    held = [float(np.mean(one)) for one in attacks["held"]]
    accuracies = dict(zip(ATTACKS, held, strict=False))
    return Measured(
        record=findings.record,
        attacks=accuracies,
        curve=tuple(held[len(ATTACKS) : len(ATTACKS) + len(setting.strengths)]),
        attacked=float(np.mean(attacks["correct"])),
    )
