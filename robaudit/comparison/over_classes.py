"""Figures over classes, and their bootstrap: R, R_i, the worst class, Gini, max less min."""

import math
from dataclasses import dataclass

import numpy as np

from robaudit.metrics.inequality import (
    class_robustness,
    gini,
    model_robustness,
    no_robustness,
    resample_pairs,
    resampled_class_means,
)
from robaudit.record.findings import Findings
from robaudit.search.rays import NONE
from robaudit.stats.bootstrap import Weights
from robaudit.stats.intervals import SPREAD
from robaudit.stats.paired import Difference, resampled_difference, widened
from robaudit.types import FloatArray, IntArray


@dataclass(frozen=True)
class OverClasses:
    """Figures over classes of one audit, and the same on each resample (B,) of its samples.

    ``figures`` holds them by name; ``robustness`` (C,) and ``resampled_robustness``
    (B, C) are R_i, and ``no_robustness`` says why a class has none. ``worst`` is the
    class of the smallest mean margin.
    """

    figures: dict[str, tuple[float, FloatArray]]
    robustness: FloatArray
    resampled_robustness: FloatArray
    no_robustness: tuple[str | None, ...]
    worst: int

    def of_class(self, index: int) -> tuple[float, FloatArray] | None:
        """Give R_i of a class and its resamples, ``None`` for a class that has none."""
        if self.no_robustness[index] is not None:
            return None
        return float(self.robustness[index]), self.resampled_robustness[:, index]


def measure_over_classes(findings: Findings, weights: Weights) -> OverClasses:
    """Measure the figures over classes; ``weights`` (B, S) are the bootstrap's."""
    tally, reach = findings.tally, findings.plan.reach
    searched = np.unique(findings.origin).tolist()
    restricted = tally.restricted
    means = np.array([restricted[findings.origin == index].mean() for index in searched])
    resampled = resampled_class_means(restricted, findings.origin, searched, weights)
    pairs = resample_pairs(tally, weights, reach)
    # A resample can lose a pair of classes, never reach another one, though other samples
    # would do both as often: losing pairs shows half the variance.
    models = pairs.model + math.sqrt(2) * (pairs.lost - pairs.lost.mean())
    return OverClasses(
        figures={
            "worst-class-margin": (float(means.min()), resampled.min(axis=1)),
            "model-robustness": (model_robustness(tally.sums, tally.counts, reach), models),
            "gini": (float(gini(means)), gini(resampled)),
            "max-min": (float(np.ptp(means)), np.ptp(resampled, axis=1)),
        },
        robustness=class_robustness(tally.sums),
        resampled_robustness=pairs.class_robustness,
        no_robustness=tuple(no_robustness(tally, index) for index in range(findings.classes)),
        worst=searched[int(means.argmin())],
    )


@dataclass(frozen=True)
class Changed:
    """How many samples have rays that changed: in all, of each class (C,), touching each (C,).

    Rays touch the class that they start from and those that they end in.
    """

    total: int
    of_class: IntArray
    touching: IntArray


def count_changed(before: Findings, after: Findings) -> Changed:
    """Count the samples on which two audits of the same rays differ."""
    classes = before.classes
    total, of_class, touching = 0, *np.zeros((2, classes), dtype=np.int64)
    for one, other in zip(before.rays.blocks(), after.rays.blocks(), strict=True):
        ray = np.flatnonzero((one.step != other.step) | (one.adjacent != other.adjacent))
        sample = ray // before.plan.rays_per_sample
        samples = np.unique(sample)
        origin = one.sample_origin[sample]
        ends = np.concatenate([origin, one.adjacent[ray], other.adjacent[ray]])
        pair = np.tile(sample, 3) * classes + ends
        touched = np.unique(pair[ends != NONE]) % classes
        total += len(samples)
        of_class += np.bincount(one.sample_origin[samples], minlength=classes)
        touching += np.bincount(touched, minlength=classes)
    return Changed(total, of_class, touching)


def difference_of(
    before: tuple[float, FloatArray],
    after: tuple[float, FloatArray],
    changed: int,
    *,
    biased: bool = False,
) -> Difference:
    """Estimate the difference of a figure and its resamples, on which ``changed`` samples bear.

    Of fewer than a handful a bootstrap shows no spread worth the name: there is
    then no interval. A ``biased`` figure picks classes by what it measures, which
    makes it the more extreme the more alike classes are; its interval is widened by
    the bias that the resamples show.
    """
    value = after[0] - before[0]
    if changed < SPREAD:
        return Difference(value, None, None, None)
    with np.errstate(invalid="ignore"):  # infinite less infinite is no number
        resampled = after[1] - before[1]
    difference = resampled_difference(value, resampled)
    if not biased or difference.low is None or difference.high is None:
        return difference
    bias = abs(float(np.nanmean(resampled)) - value)
    return widened(difference, difference.low - bias, difference.high + bias)
