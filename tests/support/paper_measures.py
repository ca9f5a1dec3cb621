"""What might have been measured of the models of the reproduction, and how it is judged."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reproduction.experiments import BEYOND, CENTER_SETS, CONTROLS, PAPER_MODELS
from reproduction.measures import Measured, Measures
from reproduction.sections import section_of
from reproduction.settings import ATTACKS, GRADIENT_ATTACKS, setting_of

CLASSES = 10
MADE = {"seconds": 1.0, "wall_seconds": 1.0, "versions": {}, "mixed": []}


def model(
    attacked: float, noisy: float, seed: int, *, accuracy: float = 0.9, margin: float = 0.3
) -> Measured:
    """Make a model with such accuracies under gradient attacks and noise, a little off by seed."""
    off = 0.002 * (seed - 1)
    values = {name: attacked if name in GRADIENT_ATTACKS else noisy for name in ATTACKS}
    shares = [0.02] * CLASSES
    record = {
        "clean": {"accuracy": {"value": accuracy + off}},
        "margins": {
            "restricted_mean": {"value": margin + off},
            "crossing_rate": {"value": 0.2},
            "per_class": [{"restricted_mean": {"value": margin + off}}] * CLASSES,
            "mean_matrix": [[0.2] * CLASSES] * CLASSES,
        },
        "inequality": {
            "model_robustness": 36 + attacked + off,
            "class_robustness": [float(place + 1) for place in range(CLASSES)],
            "adjacent_share": shares,
            "unreached_share": 1 - sum(shares) + off,
            "gini": 0.1 + off,
        },
    }
    curve = tuple(attacked + off for _ in setting_of("mnist", "small").strengths)
    return Measured(record, {name: one + off for name, one in values.items()}, curve, accuracy)


def measures(
    dataset: Any, under: Mapping[str, tuple[float, float]], seeds: int = 3, **others: Any
) -> Measures:
    """Make what was measured of all models: by name, accuracy under attacks and under noise."""
    names = (*PAPER_MODELS, *CONTROLS, *BEYOND)
    found = {
        name: tuple(model(*under.get(name, (0.5, 0.5)), seed, **others) for seed in range(seeds))
        for name in names
    }
    centers = {name: {one: [0.5] * CLASSES for one in CENTER_SETS} for name in PAPER_MODELS}
    return Measures(
        replace(setting_of(dataset, "small"), seeds=seeds, beyond_seeds=seeds),
        tuple(map(str, range(CLASSES))),
        found,
        (("high", "medium", *["low"] * 8),) * seeds,
        dict.fromkeys(names, (100,) * seeds),
        (centers,) * seeds,
    )


def judged(some: Measures) -> dict[tuple[str, str], Mapping[str, Any]]:
    budgets = {name: {"budget": 0.1, "holds": 0.5, "wanted": 0.5} for name in ATTACKS}
    main, _ = section_of(some, budgets, MADE)
    return {(one["where"], one["claim"]): one for one in main["agreement"]}
