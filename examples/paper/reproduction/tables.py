"""The tables of the paper, ours beside its own."""

from collections.abc import Sequence
from typing import Any

import robaudit
from reproduction.center_tables import class_centers
from reproduction.experiments import CONTROLS, PAPER_MODELS, TITLES
from reproduction.measures import Measured, Measures, Value
from reproduction.paper import (
    paper_adjacent,
    paper_attacks,
    paper_class_robustness,
    paper_robustness,
)
from reproduction.readings import (
    read_adjacent,
    read_attacks,
    read_class_robustness,
    read_robustness,
)
from reproduction.settings import ATTACKS
from reproduction.spread import Cell, mean_cell, median_cell, scaled, summary

Table = dict[str, Any]
SHARE = (0.0, 1.0)


def tables(measures: Measures) -> list[Table]:
    """Make all tables of a data set."""
    return [
        overview(measures),
        adjacent_classes(measures),
        class_centers(measures),
        under_attack(measures),
        robustness(measures),
        class_robustness(measures),
    ]


def overview(measures: Measures) -> Table:
    """Set accuracy, margins and crossings of the models beside each other."""
    names = [name for name in (*PAPER_MODELS, *CONTROLS) if name in measures.models]
    return overview_of(measures, names, "overview", "The models")


def overview_of(measures: Measures, names: Sequence[str], which: str, title: str) -> Table:
    """Set accuracy, margins, and mean accuracies under attack of some models beside each other."""
    setting = measures.setting
    reach = setting.audit.reach

    def row(name: str) -> dict[str, Any]:
        found = measures.models[name]
        cells = [
            mean_cell([one.accuracy for one in found], bounds=SHARE),
            mean_cell([one.under_gradients for one in found], bounds=SHARE),
            mean_cell([one.under_noise for one in found], bounds=SHARE),
            mean_cell([one.crossing_rate for one in found], bounds=SHARE),
            mean_cell(
                [scaled(one.restricted_mean, 1 / reach) for one in found],
                bounds=SHARE,
            ),
            mean_cell(
                [scaled(one.worst_class_margin, 1 / reach) for one in found],
                bounds=SHARE,
            ),
        ]
        return {"name": TITLES[name], "cells": cells}

    return {
        "id": which,
        "title": title,
        "caption": (
            "Accuracy on all test images of the seed; mean accuracy under the six gradient attacks "
            "and under the two noises of Table III; share of rays that cross; restricted mean "
            f"margin and that of the worst class, as shares of the reach of {reach:g} RMS. "
            f"{measures.over_seeds}"
        ),
        "unit": "share",
        "columns": [
            "accuracy",
            "gradient attacks",
            "noise",
            "rays that cross",
            "margin",
            "worst class",
        ],
        "rows": [row(name) for name in names],
        "reading": [],
    }


def adjacent_classes(measures: Measures) -> Table:
    """Table I: where the rays of the original model end."""
    original = measures.models["original"]
    paper = paper_adjacent(measures.setting.dataset, len(measures.class_names))
    cells = _columns(original, lambda one: one.adjacent, paper, bounds=SHARE)
    return {
        "id": "table-1",
        "title": "Table I: adjacent classes",
        "caption": (
            "Share of all rays of the original model that end in each class, or in none. "
            f"{measures.over_seeds}"
        ),
        "unit": "share",
        "columns": [*measures.class_names, "none"],
        "rows": [{"name": TITLES["original"], "cells": cells}],
        "reading": read_adjacent(cells, measures.class_names),
    }


def under_attack(measures: Measures) -> Table:
    """Table III: accuracy under attack."""
    names = [name for name in (*PAPER_MODELS, *CONTROLS) if name in measures.models]
    rows = []
    for attack in ATTACKS:
        paper = paper_attacks(measures.setting.dataset, attack)
        cells = [
            mean_cell(
                [one.attacks[attack] for one in measures.models[name]],
                paper.get(name),
                bounds=SHARE,
            )
            for name in names
        ]
        rows.append({"name": attack_title(attack), "cells": cells})
    clean = [
        mean_cell([one.attacked for one in measures.models[name]], bounds=SHARE) for name in names
    ]
    return {
        "id": "table-3",
        "title": "Table III: accuracy under attack",
        "caption": (
            f"On {measures.setting.attacked} test images a seed; the budgets have a table below. "
            f"{measures.over_seeds}"
        ),
        "unit": "share",
        "columns": [TITLES[name] for name in names],
        "rows": [{"name": "no attack", "cells": clean}, *rows],
        "reading": read_attacks(rows, names),
    }


def robustness(measures: Measures) -> Table:
    """R of each model (Eq. 2, Section V-B)."""
    gray = measures.setting.gray_levels
    names = [name for name in (*PAPER_MODELS, *CONTROLS) if name in measures.models]
    rows = [
        {
            "name": TITLES[name],
            "cells": [
                mean_cell(
                    [scaled(one.robustness, gray) for one in measures.models[name]],
                    paper_robustness(measures.setting.dataset, name),
                )
            ],
        }
        for name in names
    ]
    return {
        "id": "robustness",
        "title": "R: robustness of the models (Eq. 2)",
        "caption": (
            "Sum of mean margins over pairs of classes, pairs that no ray joins counted as the "
            f"reach{', in grey levels' if gray != 1 else ''}. {measures.over_seeds}"
        ),
        "unit": "number",
        "columns": ["R"],
        "rows": rows,
        "reading": read_robustness(rows[: len(PAPER_MODELS)]),
    }


def class_robustness(measures: Measures) -> Table:
    """Table IV: robustness of the classes (Eq. 3)."""
    rows = []
    classes = len(measures.class_names)
    for name in PAPER_MODELS:
        found = [one.class_robustness for one in measures.models[name]]
        values = [[*one, *summary(one)] for one in found]
        paper = paper_class_robustness(measures.setting.dataset, name, classes)
        cells = [median_cell([one[i] for one in values], paper[i]) for i in range(classes + 2)]
        rows.append({"name": TITLES[name], "cells": cells})
    return {
        "id": "table-4",
        "title": "Table IV: robustness of the classes (Eq. 3)",
        "caption": (
            "Summed margins of crossings into a class over those of crossings out of it. Median "
            "over the seeds, each with test images of its own, in brackets the least and the "
            "greatest: ratios of small sums vary so much that a mean would be the largest of them."
        ),
        "brackets": "the least and the greatest of the seeds",
        "unit": "number",
        "columns": [*measures.class_names, "Avg.", "Std."],
        "rows": rows,
        "reading": read_class_robustness(rows, classes),
    }


def _columns(
    models: Sequence[Measured],
    read: Any,
    paper: Sequence[Value],
    bounds: tuple[float, float] | None = None,
) -> list[Cell]:
    values = [read(one) for one in models]
    return [
        mean_cell([one[i] for one in values], paper[i], bounds=bounds) for i in range(len(paper))
    ]


def attack_title(attack: str) -> str:
    """Give the name of an attack as the field has it."""
    return robaudit.parse_attack(attack, robaudit.InputSpec((1,), 2)).entry.title
