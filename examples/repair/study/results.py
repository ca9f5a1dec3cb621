"""All results as plain values: what repair.json holds, and what tables and pictures draw."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from reproduction.budgets import read_budgets, read_choices
from reproduction.stages import Kept
from study import work
from study.estimates import mean_of, over
from study.laying_out import TITLES, LaidOut, Repaired
from study.marks import differences_of, marks_of
from study.measuring import Measured, read_measured
from study.scores import GROUPS, scores_of
from study.settings import CORRUPTIONS, noise_texts, texts_of

_NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}

Models = Mapping[str, Sequence[Measured]]
"""What was measured of each model, seed by seed."""


def results_of(laid_out: Sequence[LaidOut], kept: Kept, **facts: Any) -> dict[str, Any]:
    """Put together what all studies found; ``facts`` are of the run."""
    return {**facts, "datasets": [_dataset(one, kept) for one in laid_out]}


def title_of(dataset: str) -> str:
    """Name a data set as it is written.

    >>> title_of("mnist"), title_of("digits")
    ('MNIST', 'digits')
    """
    return _NAMES.get(dataset, dataset)


def _dataset(one: LaidOut, kept: Kept) -> dict[str, Any]:
    setting, choices = one.study.setting, read_choices(kept.folder_of(one.budgets))
    budgets = read_budgets(kept.folder_of(one.budgets))
    models: dict[str, list[Measured]] = {}
    for seed in one.seeds:
        for name, model in seed.models.items():
            measured = read_measured(one.study, budgets, kept.folder_of(model.measures))
            models.setdefault(name, []).append(measured)
    costs = {name: _costs(name, one, kept) for name in models}
    differences = differences_of(models, setting.dataset)
    return {
        "dataset": setting.dataset,
        "title": title_of(setting.dataset),
        "seeds": [seed.seed for seed in one.seeds],
        "over": over(len(one.seeds)),
        "images": {
            "trained on": setting.images,
            "attacked": setting.attacked,
            "corrupted": setting.tested,
        },
        "budgets": {name: dict(choice) for name, choice in choices.items()},
        "attacks": {**texts_of(budgets, one.study), **noise_texts(budgets, one.study)},
        "corruptions": {"names": dict(CORRUPTIONS), "severity": one.study.severity},
        "recipes": {
            "combined": one.study.combined.described,
            "combined-on-adversarial": one.study.onto_adversarial.described,
            **{name: recipe.described for name, recipe in one.study.candidates.items()},
        },
        "models": [_model(name, models[name], costs[name]) for name in models],
        "differences": differences,
        "marks": marks_of(models, costs, setting.dataset),
        "lines": [
            work.read_line(kept.folder_of(seed.models["line"].weights))
            for seed in one.seeds
            if "line" in seed.models
        ],
    }


def _model(name: str, measured: Sequence[Measured], costs: Sequence[float]) -> dict[str, Any]:
    scores = {group: [scores_of(one, names) for one in measured] for group, names in GROUPS.items()}
    singly = {one for names in GROUPS.values() if len(names) > 1 for one in names}
    return {
        "name": name,
        "title": TITLES.get(name, name),
        "groups": {
            group: mean_of([one.values for one in some]).share_cell
            for group, some in scores.items()
        },
        "worst class": {
            group: statistics.fmean(one.worst_class for one in some)
            for group, some in scores.items()
        },
        "singly": {
            one: mean_of([scores_of(seed, [one]).values for seed in measured]).share_cell
            for one in (names for names in measured[0].held if names in singly)
        },
        "restricted mean": _mean([one.restricted_mean for one in measured]),
        "closest": _mean([one.closest for one in measured]),
        "cost": statistics.fmean(costs),
        "flags": sorted({flag for one in measured for flag in one.flags}),
    }


def _costs(name: str, one: LaidOut, kept: Kept) -> list[float]:
    """Give what a model took from the original on, in epochs of Adv., seed by seed."""
    epochs = sum(phase.epochs for phase in one.study.setting.adversarial)

    def seconds(model: Repaired) -> float:
        timed = kept.seconds_of if one.bench.device == "cuda" else kept.processor_seconds_of
        return sum(map(timed, model.cost))

    return [
        epochs * seconds(seed.models[name]) / seconds(seed.models["adversarial"])
        for seed in one.seeds
    ]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
