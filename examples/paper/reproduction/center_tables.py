"""Table II: margins of class centre images on the four models."""

from typing import Any

from reproduction.experiments import CENTER_SETS, PAPER_MODELS, TITLES
from reproduction.measures import Measures
from reproduction.paper import paper_centers
from reproduction.readings import read_centers
from reproduction.spread import mean_cell, scaled, summary


def class_centers(measures: Measures) -> dict[str, Any]:
    """Make Table II: the images found in two models, searched on all four."""
    classes = len(measures.class_names)
    gray = measures.setting.gray_levels
    rows = []
    for found_in in CENTER_SETS:
        for name in PAPER_MODELS:
            values = []
            for one in measures.centers:
                of_classes = [scaled(margin, gray) for margin in one[name][found_in]]
                values.append([*of_classes, *summary(of_classes)])
            paper = paper_centers(measures.setting.dataset, found_in, name, classes)
            cells = [
                mean_cell([one[place] for one in values], paper[place], bounds=(0.0, gray))
                for place in range(len(paper))
            ]
            rows.append({"name": f"{TITLES[found_in]} set, on {TITLES[name]}", "cells": cells})
    unit = "grey levels (of 255)" if gray != 1 else "RMS units (shares of the pixel range)"
    return {
        "id": "table-2",
        "title": "Table II: class centre images",
        "caption": (
            "Mean margins of the test sample of each class with the largest mean margin on the "
            f"model that names the set, on each model, in {unit}. These images are searched to the "
            "end of the pixel range, and rays that do not cross count as that. "
            f"{measures.over_seeds}"
        ),
        "unit": "number",
        "columns": [*measures.class_names, "Avg.", "Std."],
        "rows": rows,
        "reading": read_centers(rows),
    }
