"""Figures over classes: R and R_i by leaving samples out; the others by resampling them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.metrics.inequality import class_left, gini, no_robustness, robustness_left
from robaudit.metrics.tally import Tally
from robaudit.record.findings import Findings
from robaudit.search.rays import NONE
from robaudit.stats.bootstrap import Weights, resampled_means
from robaudit.stats.intervals import SPREAD
from robaudit.stats.paired import Difference, resampled_difference, widened
from robaudit.stats.pairs import Left, jackknife_interval, jackknife_p
from robaudit.types import FloatArray, IntArray


@dataclass(frozen=True)
class OverClasses:
    """Figures over classes of one audit.

    ``figures`` holds those that are resampled by name, each with its resamples (B,), and
    ``robustness`` is R; ``no_robustness`` says why a class has no R_i. ``worst`` is the
    class of the smallest mean margin.
    """

    tally: Tally
    figures: dict[str, tuple[float, FloatArray]]
    robustness: Left
    no_robustness: tuple[str | None, ...]
    worst: int

    def of_class(self, index: int) -> float | None:
        """Give R_i of a class, ``None`` for a class that has none."""
        if self.no_robustness[index] is not None:
            return None
        return float(self.tally.sums[:, index].sum() / self.tally.sums[index].sum())

    def class_left(self, index: int) -> Left | None:
        """Give R_i, and how it changes as samples are left out; ``None`` for too few samples."""
        left = None if self.no_robustness[index] else class_left(self.tally, index)
        return None if left is None else left.as_ratio()


def measure_over_classes(findings: Findings, weights: Weights) -> OverClasses:
    """Measure the figures over classes; ``weights`` (B, S) are the bootstrap's."""
    tally, reach = findings.tally, findings.plan.reach
    searched = np.unique(findings.origin).tolist()
    restricted = tally.restricted
    means = np.array([restricted[findings.origin == index].mean() for index in searched])
    resampled = resampled_class_means(restricted, findings.origin, searched, weights)
    return OverClasses(
        tally=tally,
        figures={
            "worst-class-margin": (float(means.min()), resampled.min(axis=1)),
            "gini": (float(gini(means)), gini(resampled)),
            "max-min": (float(np.ptp(means)), np.ptp(resampled, axis=1)),
        },
        robustness=robustness_left(tally, reach),
        no_robustness=tuple(no_robustness(tally, index) for index in range(findings.classes)),
        worst=searched[int(means.argmin())],
    )


def resampled_class_means(
    values: FloatArray, origin: IntArray, classes: Sequence[int], weights: Weights
) -> FloatArray:
    """Average values (S,) over the samples of some classes on resamples: (B, len(classes)).

    ``origin`` (S,) is the reference class of each sample, ``weights`` (B, S) how
    often it occurs in each resample. NaN where a resample has none of a class.
    """
    means = []
    for class_index in classes:
        members = origin == class_index
        means.append(resampled_means(values[members], weights[:, members]))
    return np.stack(means, axis=-1)


def left_difference(
    before: Left, after: Left, origin: IntArray, changed: int, error: float = 0.05
) -> Difference:
    """Estimate the difference of a figure of which samples (S,) of classes ``origin`` are left out.

    There is no interval where the rays of fewer than a handful of samples ``changed``.
    """
    less = after.less(before)
    found = jackknife_interval(less, origin, error)
    if changed < SPREAD or found.low is None:
        return Difference(less.value, None, None, None)
    return Difference(less.value, found.low, found.high, jackknife_p(less, origin))


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
    error: float = 0.05,
) -> Difference:
    """Estimate the difference of a figure and its resamples, on which ``changed`` samples bear.

    Of fewer than a handful a bootstrap shows no spread worth the name: there is then no
    interval. Such a figure picks classes by what it measures, which makes it the more
    extreme the more alike classes are; its interval is widened by the bias that resamples show.
    """
    value = after[0] - before[0]
    if changed < SPREAD:
        return Difference(value, None, None, None)
    resampled = after[1] - before[1]
    difference = resampled_difference(value, resampled, error)
    if difference.low is None or difference.high is None:
        return difference
    bias = abs(float(np.nanmean(resampled)) - value)
    return widened(difference, difference.low - bias, difference.high + bias)
