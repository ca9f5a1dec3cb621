"""R and R_i: sums over pairs of classes that rays run between, and how sure they are.

R (paper, Eq. 2) falls as samples and directions are added, since more pairs are reached.
What it estimates is its own mean under the very plan, samples and directions drawn anew.
Its variance is the jackknife's, over samples and over directions: in mean it is no smaller
than that of R (Efron and Stein, Annals of Statistics 9, 1981), though pairs come and go.
"""

import sys
from dataclasses import dataclass

import numpy as np

from robaudit.stats.student import student_quantile, student_tail
from robaudit.types import Estimate, FloatArray, IntArray

MOST_UNREACHED = 0.5
"""With a larger share of pairs that no ray ran between, R is mostly the reach it stops at."""

FEWEST = 8
"""R_i rests on no fewer samples than this, on either side of the ratio."""

_NORMAL_KURTOSIS = 3

MOSTLY_UNREACHED = "most pairs of classes were never reached, and count at the reach"
FEW_CROSSINGS = "too few samples have rays that cross into or out of this class"
NO_SPREAD = "classes of one sample do not tell how much samples differ"


@dataclass(frozen=True)
class Ends:
    """Where rays end: one entry a sample and class that some of its rays end in, all (E,).

    ``sample`` and ``adjacent`` say which, ``count`` how many rays and ``margin`` their sum;
    ``origin`` (S,) is the class of each sample.
    """

    sample: IntArray
    adjacent: IntArray
    count: IntArray
    margin: FloatArray
    origin: IntArray


@dataclass(frozen=True)
class Left:
    """A figure, and by how much it changes as each sample (S,), or direction (P,), is left out."""

    value: float
    by_sample: FloatArray
    by_direction: FloatArray

    def as_ratio(self) -> "Left":
        """Turn a logarithm into the ratio that it is of."""
        value = float(np.exp(self.value))
        changes = value * np.expm1(self.by_sample), value * np.expm1(self.by_direction)
        return Left(value, *changes)

    def less(self, other: "Left") -> "Left":
        """Take the difference from the same figure of another model on the same rays."""
        return Left(
            self.value - other.value,
            self.by_sample - other.by_sample,
            self.by_direction - other.by_direction,
        )


def model_robustness_left(
    ends: Ends,
    classes: int,
    reach: float,
    sums: FloatArray | None = None,
    counts: IntArray | None = None,
) -> Left:
    """Compute R and leave out each sample, and each direction where sums along them are given.

    ``sums`` and ``counts`` (P, C * C) add up margins and rays of each direction by pair of
    classes, from reference to adjacent class. They are for few directions that samples share:
    directions of their own out of a large pool add next to nothing to what samples do.
    """
    pair = ends.origin[ends.sample].astype(np.int64) * classes + ends.adjacent
    size = classes * classes
    total = np.bincount(pair, ends.margin, size).astype(np.float64)
    number = np.bincount(pair, ends.count, size).astype(np.float64)
    mean = _mean(total, number, reach)
    off_diagonal = ~np.eye(classes, dtype=bool).ravel()
    changed = _mean(total[pair] - ends.margin, number[pair] - ends.count, reach) - mean[pair]
    by_sample = np.bincount(ends.sample, changed, len(ends.origin)).astype(np.float64)
    by_direction = np.zeros(0)
    if sums is not None and counts is not None:
        left = _mean(total - sums, number - counts, reach) - mean
        by_direction = left[:, off_diagonal].sum(axis=1)
    return Left(float(mean[off_diagonal].sum()), by_sample, by_direction)


def _mean(total: FloatArray, number: FloatArray, reach: float) -> FloatArray:
    """Give mean margins of pairs, those never reached at the reach."""
    reached = number > 0.5
    return np.asarray(np.where(reached, total / np.where(reached, number, 1.0), reach))


def class_robustness_left(ends: Ends, index: int) -> Left | None:
    """Compute log R_i (Eq. 3) of a class and leave out each sample; ``None`` without a number.

    None has it, either, where fewer than eight samples have margins into or out of the class.
    """
    samples = len(ends.origin)
    starts = ends.origin[ends.sample] == index
    into = np.bincount(ends.sample, ends.margin * (ends.adjacent == index), samples)
    out = np.bincount(ends.sample, ends.margin * starts, samples)
    if min(np.count_nonzero(into), np.count_nonzero(out)) < FEWEST:
        return None
    value = np.log(into.sum() / out.sum())
    left = np.log((into.sum() - into) / (out.sum() - out)) - value
    return Left(float(value), left, np.zeros(0))


def unreached_share(ends: Ends, classes: int) -> float:
    """Give the share of pairs of searched classes with others that no ray ran between."""
    pair = ends.origin[ends.sample].astype(np.int64) * classes + ends.adjacent
    searched = len(np.unique(ends.origin))
    return 1 - len(np.unique(pair)) / max(1, searched * (classes - 1))


def jackknife_interval(left: Left, group: IntArray, error: float = 0.05) -> Estimate:
    """Estimate a figure from how it changes as samples, and directions, are left out.

    Samples were drawn within classes, ``group`` (S,); classes of one sample are taken together.
    """
    found = _error_of(left, group)
    if found is None:
        return Estimate(left.value, None, None, reason=NO_SPREAD)
    half = student_quantile(error / 2, found[1]) * found[0]
    return Estimate(left.value, left.value - half, left.value + half)


def jackknife_p(left: Left, group: IntArray) -> float | None:
    """Give the two-sided p-value of a figure that is 0, ``None`` where there is no interval."""
    found = _error_of(left, group)
    if found is None:
        return None
    error, freedom = found
    if not error:
        return 1.0 if not left.value else sys.float_info.min
    return max(2 * student_tail(abs(left.value) / error, freedom), sys.float_info.min)


def _error_of(left: Left, group: IntArray) -> tuple[float, float] | None:
    """Give the standard error of a figure and its degrees of freedom."""
    found = _of_samples(left.by_sample, group)
    if found is None:
        return None
    of_samples, freedom = found
    of_directions, pool = _of_directions(left.by_direction), len(left.by_direction)
    together = of_samples + of_directions
    if of_directions > 0:
        parts = of_samples**2 / freedom + of_directions**2 / (pool - 1)
        freedom = max(min(freedom, pool - 1.0), together**2 / parts)
    return together**0.5, freedom


def _of_samples(by_sample: FloatArray, group: IntArray) -> tuple[float, float] | None:
    """Give the jackknife's variance over samples (S,) within classes, and its freedom."""
    sizes = np.bincount(group)
    stratum = np.where(sizes[group] > 1, group, len(sizes))
    strata = np.bincount(stratum)
    if not (strata > 1).any():
        return None
    middle = np.bincount(stratum, by_sample) / np.maximum(strata, 1)
    off = (by_sample - middle[stratum]) ** 2
    variance = float((off * (1 - 1 / strata[stratum])).sum())
    freedom = float(np.maximum(strata - 1, 0).sum())
    if variance > 0:
        # Where few samples have rays that matter, their number is what there is to go by.
        freedom = max(1.0, min(freedom, _NORMAL_KURTOSIS * off.sum() ** 2 / (off**2).sum() - 1))
    return variance, freedom


def _of_directions(by_direction: FloatArray) -> float:
    """Give the jackknife's variance over directions (P,)."""
    pool = len(by_direction)
    return float(by_direction.var() * (pool - 1)) if pool > 1 else 0.0


def exponential(estimate: Estimate) -> Estimate:
    """Turn the estimate of a logarithm into that of the number itself."""
    value, low, high = (
        None if end is None else float(np.exp(end))
        for end in (estimate.value, estimate.low, estimate.high)
    )
    return Estimate(value, low, high, reason=estimate.reason)
