"""All results as plain values: what compensation.json holds, and what its tables show."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from reproduction.stages import Kept
from study.estimates import Mean, holm, mean_of
from weighing.laying_out import LaidOut
from weighing.settings import ARMS, ORIGINAL, PAIRS
from weighing.work import Measured, read_chosen, read_measured

PRIMARY = ("PGD, worst class", "noise, worst class", "margin, worst class", "Gini")
"""What compensation is for: its p-values are adjusted together, over the three pairs of rules."""

_NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
_POWER = 0.8


@dataclass(frozen=True)
class Found:
    """What was found of a data set: of each seed the levels, ``models`` by name seed by seed.

    ``shares`` are the examples of each class over their mean, by rule, seed by seed.
    """

    levels: tuple[tuple[str | None, ...], ...]
    models: Mapping[str, tuple[Measured, ...]]
    shares: Mapping[str, tuple[tuple[float, ...], ...]]
    examples: tuple[int, ...]


def results_of(laid_out: Sequence[LaidOut], kept: Kept, **facts: Any) -> dict[str, Any]:
    """Put together what all studies found; ``facts`` are of the run."""
    return {**facts, "datasets": [_dataset(one, read(one, kept)) for one in laid_out]}


def read(one: LaidOut, kept: Kept) -> Found:
    """Read all that the stages of a study kept."""
    levels, examples = [], []
    models: dict[str, list[Measured]] = {}
    shares: dict[str, list[tuple[float, ...]]] = {}
    for seed in one.seeds:
        for rule, stage in seed.examples.items():
            own, counts = read_chosen(kept.folder_of(stage))
            shares.setdefault(rule, []).append(tuple((counts / counts.mean()).tolist()))
        levels.append(own)
        examples.append(int(counts.sum()))
        for name, stage in seed.measures.items():
            folder = kept.folder_of(stage)
            measured = read_measured(one.study, one.bench, levels[-1], seed.seed, folder)
            models.setdefault(name, []).append(measured)
    return Found(
        tuple(levels),
        {name: tuple(some) for name, some in models.items()},
        {rule: tuple(some) for rule, some in shares.items()},
        tuple(examples),
    )


def _dataset(one: LaidOut, found: Found) -> dict[str, Any]:
    setting = one.study.setting
    return {
        "dataset": setting.dataset,
        "title": _NAMES.get(setting.dataset, setting.dataset),
        "seeds": [seed.seed for seed in one.seeds],
        "images": setting.images,
        "searched": [setting.search.samples, setting.search.directions],
        "audited": [setting.audit.samples, setting.audit.directions],
        "attacked": setting.attacked,
        "attacks": dict(one.study.attacks),
        "examples": statistics.fmean(found.examples),
        "models": [_model(name, found) for name in (ORIGINAL, *ARMS)],
        "differences": differences_of(found.models),
    }


def _model(name: str, found: Found) -> dict[str, Any]:
    models = found.models[name]
    weakest = [(model.weakest, levels) for model, levels in zip(models, found.levels, strict=True)]
    shares = found.shares.get(name)
    return {
        "name": name,
        "title": ARMS.get(name, "Ori."),
        "values": {
            measure: mean_of([np.array([model.values[measure]]) for model in models]).cell
            for measure in models[0].values
        },
        "by seed": {
            measure: [model.values[measure] for model in models] for measure in models[0].values
        },
        "weakest was robust": sum(levels[one] == "high" for one, levels in weakest),
        "fewest": shares and statistics.fmean(map(min, shares)),
        "most": shares and statistics.fmean(map(max, shares)),
    }


def differences_of(models: Mapping[str, Sequence[Measured]]) -> list[dict[str, Any]]:
    """Compare models in pairs, seed by seed, in each measure.

    ``seen`` is the difference that a test at 5 % would find four times in five, by how much
    the differences of the seeds vary. ``adjusted`` are p-values of `PRIMARY`, by Holm.
    """
    rows = []
    for one, other in PAIRS:
        pairs = list(zip(models[one], models[other], strict=True))
        for measure in models[one][0].values:
            differences = [mine.values[measure] - theirs.values[measure] for mine, theirs in pairs]
            mean = mean_of([np.array([value]) for value in differences])
            rows.append(
                {
                    "model": one,
                    "against": other,
                    "in": measure,
                    **mean.cell,
                    "p_value": mean.p_value,
                    "adjusted": None,
                    "seen": _seen(mean, len(pairs)),
                }
            )
    primary = [row for row in rows if row["in"] in PRIMARY and row["against"] != ORIGINAL]
    for row, adjusted in zip(primary, holm([row["p_value"] for row in primary]), strict=True):
        row["adjusted"] = adjusted
    return rows


def _seen(mean: Mean, seeds: int) -> float:
    """Give the true difference that would be found with a power of 80 %."""
    student = stats.t(seeds - 1)
    error = (mean.high - mean.value) / student.ppf(0.975)
    found = float(error * (student.ppf(0.975) + student.ppf(_POWER)))
    return 0.0 if math.isnan(found) else found
