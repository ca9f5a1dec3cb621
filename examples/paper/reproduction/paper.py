"""The numbers that the paper prints: Tables I to IV and the R values of Section V-B."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _paper() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(Path(__file__).with_name("paper.json").read_text())
    return found


def paper_numbers(dataset: str) -> Mapping[str, Any]:
    """Give all numbers of a data set; none of one that is not the paper's."""
    found: Mapping[str, Any] = _paper().get(dataset, {})
    return found


def paper_attacks(dataset: str, attack: str) -> Mapping[str, float]:
    """Give the accuracy of each model under an attack (Table III)."""
    found: Mapping[str, float] = paper_numbers(dataset).get("attacks", {}).get(attack, {})
    return found


def paper_adjacent(dataset: str, classes: int) -> Sequence[float | None]:
    """Give the share of rays that end in each class, and of those that end in none (Table I)."""
    found = paper_numbers(dataset).get("adjacent_share")
    return [None] * (classes + 1) if found is None else [*found["classes"], found["none"]]


def paper_robustness(dataset: str, model: str) -> float | None:
    """Give R of a model (Eq. 2)."""
    found: float | None = paper_numbers(dataset).get("robustness", {}).get(model)
    return found


def paper_class_robustness(dataset: str, model: str, classes: int) -> Sequence[float | None]:
    """Give R_i of each class (Table IV), their mean and standard deviation."""
    numbers = paper_numbers(dataset)
    if model not in numbers.get("class_robustness", {}):
        return [None] * (classes + 2)
    return [*numbers["class_robustness"][model], *numbers["class_robustness_summary"][model]]


def paper_centers(dataset: str, found_in: str, model: str, classes: int) -> Sequence[float | None]:
    """Give mean margins of class centre images (Table II), their mean and standard deviation."""
    numbers = paper_numbers(dataset)
    if model not in numbers.get("class_centers", {}).get(found_in, {}):
        return [None] * (classes + 2)
    summary = numbers["class_centers_summary"][found_in][model]
    return [*numbers["class_centers"][found_in][model], *summary]
