"""Drops of the least of several figures: of the worst class, under the strongest adversary."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robaudit.comparison.paired_means import PairedCells
from robaudit.stats.bounded import UNIT, bounds
from robaudit.stats.cells import Cells
from robaudit.stats.least import Bounded, bounds_of_least, differences_apart, with_paired
from robaudit.stats.means import Means, class_means
from robaudit.stats.paired import holding_zero, share_difference
from robaudit.types import BoolArray, IntArray
from robaudit.verdict.paired_shares import PairedShares

MOST = 2000
"""Of more figures than this the table of their pairs would take too much memory."""


@dataclass(frozen=True)
class Least:
    """The least of some figures before and after, as they are found.

    ``place`` is that of the least after among them. ``bounds`` are of the one less the other,
    each of which misses with a chance of the error that it is given.
    """

    before: float
    after: float
    place: int
    bounds: Callable[[float], tuple[float, float]]


def least_share(shares: PairedShares) -> Least:
    """Compare the least of some shares, some of which are of the same samples."""
    before, after = (
        np.array([marks.mean() for marks in of_one]) for of_one in (shares.before, shares.after)
    )
    members = np.array(shares.members)
    paired = members[:, np.newaxis] == members

    def bounded(error: float) -> tuple[float, float]:
        each = error / len(before)
        own = tuple(_bounded_shares(of_one, each) for of_one in (shares.before, shares.after))
        low, high = np.zeros((2, *paired.shape))
        for i, j in np.argwhere(paired).tolist():
            low[i, j], high[i, j] = share_bounds(shares.before[i], shares.after[j], each)
        return bounds_of_least(*with_paired(differences_apart(*own), paired, (low, high)))

    return Least(float(before.min()), float(after.min()), int(after.argmin()), bounded)


def share_bounds(before: BoolArray, after: BoolArray, error: float) -> tuple[float, float]:
    """Bound how much less of the same samples (n,) are marked after, each side with ``error``."""
    found = holding_zero(share_difference(after, before, 2 * error), 2 * error)
    return found.low or 0.0, found.high or 0.0


def least_mean(
    paired: PairedCells, before: Cells, after: Cells, classes: IntArray, sign: int
) -> Least:
    """Compare the least of the means of ``classes``, or the largest where ``sign`` is -1.

    ``before`` and ``after`` are the cells of the same samples whose differences are ``paired``.
    What is compared are the means times ``sign``, so that it is the least in either case.
    """
    own = [class_means(cells).take(classes) for cells in (before, after)]
    scale = sign * paired.scale
    values = [means.value * scale for means in own]

    def bounded(error: float) -> tuple[float, float]:
        each = error / len(classes)
        apart = differences_apart(*(_bounded_means(means, each, scale) for means in own))
        low, high = -np.full((2, len(classes)), paired.scale)
        of_classes = paired.of_classes(2 * each)
        for place, index in enumerate(classes.tolist()):
            found = of_classes[index].difference
            ends = found.low, found.high
            if ends[0] is not None and ends[1] is not None:
                low[place], high[place] = sorted(-sign * end for end in ends)
            else:
                high[place] = paired.scale
        same = np.eye(len(classes), dtype=np.bool_)
        return bounds_of_least(*with_paired(apart, same, (np.diag(low), np.diag(high))))

    first, last = (float(value.min()) for value in values)
    return Least(first, last, int(classes[values[1].argmin()]), bounded)


def _bounded_shares(shares: tuple[BoolArray, ...], error: float) -> Bounded:
    """Bound shares, each side with ``error``; those of one sample lie anywhere."""
    size = np.array([len(marks) for marks in shares], dtype=np.float64)
    value = np.array([marks.mean() for marks in shares])
    variance = value * (1 - value) / np.maximum(size - 1, 1)
    return _bounded_means(Means(value, variance, np.zeros(len(size)), size - 1, size), error, 1.0)


def _bounded_means(means: Means, error: float, scale: float) -> Bounded:
    """Bound means of cells, in units of which one is ``scale``, which may be below 0."""
    low, high = bounds(means, UNIT, 2 * error)
    ends = np.stack([np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0)]) * scale
    return Bounded(means.value * scale, ends.min(axis=0), ends.max(axis=0))
