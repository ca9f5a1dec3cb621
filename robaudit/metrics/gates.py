"""A gate: a figure, and what bounds it."""

from dataclasses import dataclass
from typing import Literal

from robaudit.metrics.figures import (
    ACCURACY,
    BESIDE,
    CROSSING_RATE,
    GINI,
    MEAN_MARGIN,
    OF_RIGHT,
    ROBUST_ACCURACY,
    WORST_CLASS,
    Better,
    Figure,
)
from robaudit.types import Estimate

Outcome = Literal["passed", "failed", "inconclusive"]
Bound = Literal["min", "max", "max-drop"]
Level = Literal["error", "warning"]
OnInconclusive = Literal["fail", "warn", "pass"]

_OF_MARGINS = (MEAN_MARGIN, CROSSING_RATE, WORST_CLASS, GINI)
METRICS = {
    figure.name: figure
    for figure in (
        ACCURACY,
        *_OF_MARGINS,
        *(OF_RIGHT[figure] for figure in _OF_MARGINS),
        ROBUST_ACCURACY,
        *BESIDE,
    )
}
"""The figures that can be gated; those of margins over all samples and those right at the start."""

SHORT_FOR = {"autoattack": (ROBUST_ACCURACY, "autoattack")}
"""Names of figures under one attack, which they stand for with the figure: shorter to write."""

GATEABLE = (*METRICS, *SHORT_FOR)
"""What may be written for a metric."""

OF_A_CLASS = (
    ACCURACY,
    ROBUST_ACCURACY,
    *(of for figure in (MEAN_MARGIN, CROSSING_RATE) for of in (figure, OF_RIGHT[figure])),
)
"""Those that a single class has: the others tell classes from each other."""

WORST, EACH = "worst", "each"
"""What is said for a class where the worst one, or every one, is meant."""


def figure_named(name: str) -> tuple[Figure, str | None]:
    """Give the figure of one of `GATEABLE`, and the attack where the name says that too.

    >>> figure, attack = figure_named("autoattack")
    >>> figure.name, attack
    ('robust-accuracy', 'autoattack')
    """
    return SHORT_FOR[name] if name in SHORT_FOR else (METRICS[name], None)


@dataclass(frozen=True)
class Source:
    """Where a gate was written down: a file, and the line (from 1)."""

    file: str
    line: int


@dataclass(frozen=True)
class Gate:
    """A figure and the threshold that it must be on the better side of.

    Robust accuracy is that against ``attack``, by the name of one, or the smallest over all
    adversaries; a figure is that of the whole model, or of ``of_class``: a class by its name,
    `WORST` or `EACH`. With ``drop`` the threshold is how much worse than the baseline's the
    figure may be, in its own unit. A gate of the level "warning" warns and fails nothing;
    ``on_inconclusive`` says what one comes to that cannot be decided, which is reported as
    such unless given.
    """

    figure: Figure
    threshold: float
    attack: str | None = None
    of_class: str | None = None
    drop: bool = False
    level: Level = "error"
    on_inconclusive: OnInconclusive | None = None
    source: Source | None = None

    @property
    def bound(self) -> Bound:
        """Which side the threshold is on, as it is written down."""
        if self.drop:
            return "max-drop"
        return "min" if self.figure.better == "higher" else "max"

    @property
    def better(self) -> Better:
        """Which way the number held against the threshold is better: drops are, the lower."""
        return "lower" if self.drop else self.figure.better

    @property
    def is_plain(self) -> bool:
        """Whether it is on a figure of the whole model, by itself: more samples decide it."""
        return self.attack is None and self.of_class is None and not self.drop

    @property
    def name(self) -> str:
        """What it is called: the same as long as it is on the same figure, whatever its value."""
        parts = [self.figure.name, self.attack, self.of_class and f"class-{self.of_class}"]
        return "/".join([*(part for part in parts if part), self.bound])

    def outcome(self, estimate: Estimate) -> Outcome:
        """Tell on which side the whole interval of the figure lies; without one, neither.

        A threshold itself is good enough. A gate on a drop fails where the whole interval lies
        beyond it, and passes otherwise: an interval that straddles it is no worsening beyond
        chance, and of two equal models there always is some drop that cannot be ruled out.
        """
        low, high = estimate.low, estimate.high
        if low is None or high is None:
            return "inconclusive"
        if self.drop:
            return "failed" if low > self.threshold else "passed"
        if self.better == "higher":
            right, wrong = low >= self.threshold, high < self.threshold
        else:
            right, wrong = high <= self.threshold, low > self.threshold
        return "passed" if right else "failed" if wrong else "inconclusive"
