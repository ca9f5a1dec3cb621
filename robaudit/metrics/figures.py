"""The figures of a model, once: what each is called, its unit, which way is better.

Gates, comparisons, the spread over seeds and reports are made from these. Help names them too,
so nothing is imported here.
"""

from dataclasses import dataclass, replace
from typing import Literal

Unit = Literal["rms", "share", "sum", "ratio", "gini"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Figure:
    """A figure: its name for machines and its title for people, its unit, which way is better."""

    name: str
    title: str
    unit: Unit
    better: Better


ACCURACY = Figure("accuracy", "Clean accuracy", "share", "higher")
MEAN_MARGIN = Figure("restricted-mean-margin", "Restricted mean margin", "rms", "higher")
CROSSING_RATE = Figure("crossing-rate", "Crossing rate", "share", "lower")
WORST_CLASS = Figure("worst-class-margin", "Worst class margin", "rms", "higher")
MODEL_ROBUSTNESS = Figure("model-robustness", "Model robustness R", "sum", "higher")
GINI = Figure("gini", "Inequality (Gini)", "gini", "lower")
MAX_MIN = Figure("max-min", "Largest less smallest class margin", "rms", "lower")
CLASS_ROBUSTNESS = Figure("class-robustness", "Class robustness R_i", "ratio", "higher")
ROBUST_ACCURACY = Figure("robust-accuracy", "Robust accuracy", "share", "higher")
CLOSEST = Figure("closest-boundary", "Closest boundary", "rms", "higher")
CORRUPTION_ERROR = Figure("mean-corruption-error", "Mean corruption error", "share", "lower")
DETECTION = Figure("detection", "Detection of examples (AUROC)", "share", "higher")

TO_MEASURE = {
    CLOSEST: "attacks that look for the worst, such as `attacks=quick`",
    CORRUPTION_ERROR: "`measure=corruptions`",
    DETECTION: "`measure=detection`, and attacks whose examples are to be detected",
}
"""What is to be asked for, for figures that attacks bring, or what is measured beside them."""

BESIDE = tuple(TO_MEASURE)

OF_RIGHT = {
    figure: replace(
        figure, name=f"{figure.name}-right-at-start", title=f"{figure.title}, right at start"
    )
    for figure in (MEAN_MARGIN, CROSSING_RATE, WORST_CLASS, GINI)
}
"""Figures over all samples, and the same over those in their reference class to begin with."""


PRECISE = (MEAN_MARGIN, CROSSING_RATE, WORST_CLASS, GINI, MAX_MIN, ROBUST_ACCURACY)
"""Figures that can be known to a precision that is asked for."""
