"""Does compensation help, and is it more than going on training: pairs of models, by seed."""

from collections.abc import Callable, Sequence

import numpy as np

from reproduction.answers import answers
from reproduction.experiments import TITLES
from reproduction.measures import Measured, Measures, Value
from reproduction.spread import mean_cell, scaled
from reproduction.tables import Table

PAIRS = (
    ("feedback", "reduced"),
    ("feedback", "reduced-same-budget"),
    ("feedback", "continued"),
    ("feedback", "original"),
    ("reduced", "original"),
    ("continued", "original"),
)
Levels = Sequence[str | None]
Read = Callable[[Measured, Levels, float], Value]

READ: dict[str, Read] = {
    "accuracy": lambda model, *_: model.accuracy,
    "gradient attacks": lambda model, *_: model.under_gradients,
    "noise": lambda model, *_: model.under_noise,
    "rays that do not cross": lambda model, *_: model.adjacent[-1],
    "margin, all classes": lambda model, _, reach: scaled(model.restricted_mean, 1 / reach),
    "margin, vulnerable classes": lambda model, levels, reach: _of(model, levels, "low", reach),
    "margin, robust classes": lambda model, levels, reach: _of(model, levels, "high", reach),
    "margin, worst class": lambda model, _, reach: scaled(model.worst_class_margin, 1 / reach),
    "Gini": lambda model, *_: model.gini,
    "R": lambda model, *_: model.robustness,
}
"""The measures, by name: from a model, the level of each class, and the reach of the search."""


def compensation(measures: Measures) -> Table:
    """Make the table of differences between models of the same seed."""
    rows = []
    for first, second in PAIRS:
        cells = [mean_cell(differences(measures, first, second, name)) for name in READ]
        cells[-1]["unit"] = "change"
        rows.append({"name": f"{TITLES[first]} less {TITLES[second]}", "cells": cells})
    counts = ", ".join(
        f"{TITLES[name]} {np.mean(measures.examples[name]):,.0f}"
        for name in ("feedback", "reduced", "reduced-same-budget", "continued")
    )
    gray = " in grey levels" if measures.setting.gray_levels != 1 else ""
    return {
        "id": "compensation",
        "title": "Compensation and control: differences between models of the same seed",
        "caption": (
            "In points: accuracies, shares of rays, and restricted mean margins as shares of the "
            "reach, of all classes, of those of low level and of those of high level by the search "
            "of the original model, and of the worst class; Gini is the inequality of the "
            f"classes' margins, where less is better; R{gray} is Eq. 2. Paired differences. "
            f"{measures.over_seeds} Examples retrained on, mean over seeds: {counts}."
        ),
        "unit": "points",
        "columns": list(READ),
        "rows": rows,
        "reading": answers(rows, list(READ), measures.seeds),
    }


def differences(measures: Measures, first: str, second: str, name: str) -> list[Value]:
    """Give the difference of two models by one measure, seed by seed."""
    reach = measures.setting.audit.reach
    scale = measures.setting.gray_levels if name == "R" else 1.0
    values = [
        [
            scaled(READ[name](model, levels, reach), scale)
            for model, levels in zip(measures.models[one], measures.levels, strict=True)
        ]
        for one in (first, second)
    ]
    return [
        None if one is None or other is None else one - other
        for one, other in zip(*values, strict=True)
    ]


def _of(model: Measured, levels: Levels, level: str, reach: float) -> Value:
    """Average the margins of the classes of a level."""
    values = [
        margin
        for margin, own in zip(model.class_margins, levels, strict=True)
        if own == level and margin is not None
    ]
    return float(np.mean(values)) / reach if values else None
