"""The rows of a comparison: one figure before and after, and the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from robaudit.stats.paired import Difference, holm

BOOTSTRAP = "paired bootstrap over samples"
MCNEMAR = "exact McNemar test; Newcombe's interval"

ERROR = 0.05
"""How often chance alone may pass for a change."""


@dataclass(frozen=True)
class Figure:
    """A figure that is compared: its name, its title for people, its unit, which way is better."""

    name: str
    title: str
    unit: Literal["rms", "share", "sum", "ratio", "gini"]
    better: Literal["higher", "lower"]


ACCURACY = Figure("accuracy", "Clean accuracy", "share", "higher")
MEAN_MARGIN = Figure("restricted-mean-margin", "Restricted mean margin", "rms", "higher")
CROSSING_RATE = Figure("crossing-rate", "Crossing rate", "share", "lower")
WORST_CLASS = Figure("worst-class-margin", "Worst class margin", "rms", "higher")
MODEL_ROBUSTNESS = Figure("model-robustness", "Model robustness R", "sum", "higher")
GINI = Figure("gini", "Inequality (Gini)", "gini", "lower")
MAX_MIN = Figure("max-min", "Largest less smallest class margin", "rms", "lower")
CLASS_ROBUSTNESS = Figure("class-robustness", "Class robustness R_i", "ratio", "higher")
ROBUST_ACCURACY = Figure("robust-accuracy", "Robust accuracy", "share", "higher")


@dataclass(frozen=True)
class Subject:
    """What a figure is of: a class, an attack of the record before, or with neither the model."""

    class_index: int | None = None
    attack: int | None = None
    attack_name: str | None = None


def row(
    figure: Figure,
    subject: Subject,
    before: float | None,
    after: float | None,
    difference: Difference | None,
    missing: str | None = None,
) -> dict[str, Any]:
    """Write down a figure before and after; ``missing`` says why there is no difference."""
    counted = figure in (ACCURACY, ROBUST_ACCURACY)
    return {
        "name": figure.name,
        "title": figure.title,
        "class": subject.class_index,
        "attack": subject.attack,
        "attack_name": subject.attack_name,
        "unit": figure.unit,
        "better": figure.better,
        "before": None if before is None else float(before),
        "after": None if after is None else float(after),
        "difference": None if difference is None else float(difference.value),
        "low": None if difference is None else difference.low,
        "high": None if difference is None else difference.high,
        "p_value": None if difference is None else difference.p_value,
        "method": MCNEMAR if counted else BOOTSTRAP,
        "missing": missing,
    }


def with_adjusted(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add to each row its p-value adjusted for how many there are in all (Holm)."""
    tested = [index for index, one in enumerate(rows) if one["p_value"] is not None]
    adjusted = dict(zip(tested, holm([rows[i]["p_value"] for i in tested]), strict=True))
    return [{**one, "p_adjusted": adjusted.get(index)} for index, one in enumerate(rows)]


def beyond_chance(one: Mapping[str, Any]) -> Literal["better", "worse"] | None:
    """Tell which way a figure went by more than chance: its interval leaves out 0.

    So must the p-value say: the exact test of shares is slower to than their interval.
    """
    low, high = one["low"], one["high"]
    up, down = low is not None and low > 0, high is not None and high < 0
    if not (up or down) or one["p_value"] >= ERROR:
        return None
    return "better" if up == (one["better"] == "higher") else "worse"
