"""Does compensation help: feedback learning against its reduced form, paired seed by seed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reproduction.experiments import TITLES
from reproduction.measures import Measured, Measures, Value
from reproduction.rendering import number_text
from reproduction.spread import Cell, mean_cell, scaled
from reproduction.tables import Table

PAIRS = (
    ("feedback", "reduced"),
    ("feedback", "reduced-same-budget"),
    ("feedback", "original"),
    ("reduced", "original"),
    ("continued", "original"),
)
Levels = Sequence[str | None]
Read = Callable[[Measured, Levels, float], Value]

_OVERALL = "margin, all classes"
_VULNERABLE = "margin, vulnerable classes"
_ROBUST = "margin, robust classes"
_READ: dict[str, Read] = {
    _OVERALL: lambda model, _, reach: scaled(model.restricted_mean, 1 / reach),
    _VULNERABLE: lambda model, levels, reach: _of_level(model, levels, "low", reach),
    _ROBUST: lambda model, levels, reach: _of_level(model, levels, "high", reach),
    "rays that do not cross": lambda model, *_: model.adjacent[-1],
    "gradient attacks": lambda model, *_: model.under_gradients,
    "noise": lambda model, *_: model.under_noise,
    "accuracy": lambda model, *_: model.accuracy,
}
"""The measures, by name: from a model, the level of each class, and the reach of the search."""

_MEASURES = tuple(_READ)
_WHOSE = {
    "over all classes": _OVERALL,
    "for the vulnerable ones": _VULNERABLE,
    "for the robust ones": _ROBUST,
}


def compensation(measures: Measures) -> Table:
    """Make the table of differences between models of the same seed."""
    rows = []
    for first, second in PAIRS:
        differences = _differences(measures, first, second)
        rows.append(
            {
                "name": f"{TITLES[first]} less {TITLES[second]}",
                "cells": [mean_cell(differences[name]) for name in _MEASURES],
            }
        )
    counts = ", ".join(
        f"{TITLES[name]} {np.mean(measures.examples[name]):,.0f}"
        for name in ("feedback", "reduced", "reduced-same-budget")
    )
    return {
        "id": "compensation",
        "title": "Compensation: differences between models of the same seed",
        "caption": (
            "Restricted mean margins as shares of the reach, of all classes, of those of low level "
            "and of those of high level by the search of the original model; the other measures "
            "are shares too; more is better throughout. Mean over seeds with Student's 95% "
            f"interval of the paired differences. Examples retrained on, mean over seeds: {counts}."
        ),
        "unit": "points",
        "columns": list(_MEASURES),
        "rows": rows,
        "reading": answers(rows),
    }


def answers(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Say whether compensation helps, by the intervals: overall, and which classes."""
    found = []
    for row, how in zip(rows, ("as the paper has it", "with about as many examples"), strict=False):
        cells = {who: row["cells"][_MEASURES.index(name)] for who, name in _WHOSE.items()}
        changes = ", ".join(f"by {_change(cell)} {who}" for who, cell in cells.items())
        found.append(
            f"Compensation, {how}, changes margins, in points of the reach, {changes}: "
            f"{_chance(cells)}."
        )
    return found


def _change(cell: Cell) -> str:
    """Give a difference in points of the reach, with its interval."""
    value, low, high = (number_text(cell[side], "points") for side in ("value", "low", "high"))
    return value if cell["low"] is None else f"{value} [{low}, {high}]"


def _chance(cells: Mapping[str, Cell]) -> str:
    """Say for whom a difference is more than chance."""
    if all(cell["low"] is None for cell in cells.values()):
        return "one seed says nothing of chance"
    sure = [
        who
        for who, cell in cells.items()
        if cell["low"] is not None and (cell["low"] > 0 or cell["high"] < 0)
    ]
    if not sure:
        return "no more than by chance"
    return f"more than by chance {' and '.join(sure)}" + (" only" if len(sure) < len(cells) else "")


def _differences(measures: Measures, first: str, second: str) -> dict[str, list[Value]]:
    """Give for each measure the difference of two models, seed by seed."""
    reach = measures.setting.audit.reach
    models = measures.models[first], measures.models[second]
    found: dict[str, list[Value]] = {}
    for name, read in _READ.items():
        values = [
            [
                read(model, levels, reach)
                for model, levels in zip(some, measures.levels, strict=True)
            ]
            for some in models
        ]
        found[name] = [
            None if one is None or other is None else one - other
            for one, other in zip(*values, strict=True)
        ]
    return found


def _of_level(model: Measured, levels: Sequence[str | None], level: str, reach: float) -> Value:
    """Average the margins of the classes of a level."""
    values = [
        margin
        for margin, own in zip(model.class_margins, levels, strict=True)
        if own == level and margin is not None
    ]
    return float(np.mean(values)) / reach if values else None
