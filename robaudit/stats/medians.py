"""Medians: how sure one is by the order of its values, and how two differ on the same samples.

Distances to a boundary may be infinite, where nothing was found: a mean would have no number.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.stats.bootstrap import Weights, weights_in_parts
from robaudit.stats.paired import Difference
from robaudit.types import Estimate, FloatArray

_TOO_FEW = "too few samples for an interval of the median"


def median_interval(
    values: FloatArray, most: float, error: float = 0.05, why_none: str = "no finite median"
) -> Estimate:
    """Estimate the median of values (n,) of 0 to ``most``, or infinite, from their order alone.

    The k-th smallest and the k-th largest value, k such that either lies beyond the median with
    a chance of at most ``error`` / 2, exact whatever the values are drawn from (David and
    Nagaraja, Order Statistics, 2003, Section 7.1). An infinite bound is ``most``; there is no
    number, for the reason ``why_none``, where as many values as not are infinite.

    >>> median_interval(np.arange(1.0, 11.0), 20.0)
    Estimate(value=5.5, low=2.0, high=9.0)
    """
    if not len(values):
        return Estimate(None, None, None, reason="no sample")
    ordered = np.sort(values)
    middle = float(_medians(ordered, np.ones((1, len(ordered))))[0])
    value = middle if np.isfinite(middle) else None
    place = _place(len(ordered), error)
    if place == 0:
        return Estimate(value, None, None, reason=_TOO_FEW if value is not None else why_none)
    low, high = (float(min(ordered[at], most)) for at in (place - 1, len(ordered) - place))
    return Estimate(value, low, high, reason=why_none if value is None else None)


def _place(count: int, error: float) -> int:
    """Give k of `median_interval`: as large as can be, 0 where there is none."""
    allowed, chance, ways = error / 2, 0.0, 1
    for place in range(count):
        chance += ways / 2**count
        if chance > allowed:
            return place
        ways = ways * (count - place) // (place + 1)
    return 0


@dataclass(frozen=True)
class MedianDifference:
    """The median after less that before, of the same samples, and in resamples: (B,), sorted."""

    value: float
    drawn: FloatArray

    def interval(self, error: float = 0.05) -> Difference:
        """Give the plain interval of percentiles, which misses with ``error``.

        Where a median lies among its resamples, of which many are the same few numbers, says
        nothing of a bias. The p-value is twice the smaller share of resamples on either side of
        0, those at 0 on both. There are none where all are the same.
        """
        drawn = self.drawn
        if drawn[0] == drawn[-1]:
            return Difference(self.value, None, None, None)
        tail = max(0, int(error / 2 * (len(drawn) + 1)) - 1)  # as the p-value counts
        fewer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
        p_value = min(1.0, 2 * (fewer + 1) / (len(drawn) + 1))
        return Difference(self.value, float(drawn[tail]), float(drawn[-1 - tail]), p_value)


def median_difference(
    before: FloatArray, after: FloatArray, weights: Weights, most: float
) -> MedianDifference:
    """Estimate the median after less that before, of the same samples (n,), by the bootstrap.

    ``weights`` (B, n) are the bootstrap's. Infinite values count as ``most``.
    """
    one, other = np.minimum(before, most), np.minimum(after, most)
    whole = np.ones((1, len(one)))
    value = float(_medians(other, whole)[0] - _medians(one, whole)[0])
    parts = [_medians(other, part) - _medians(one, part) for part in weights_in_parts(weights)]
    return MedianDifference(value, np.sort(np.concatenate(parts)))


def _medians(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the medians of values (n,) in resamples (B, n): (B,), the middle of two where it is."""
    order = np.argsort(values, kind="stable")
    counted = np.cumsum(weights[:, order], axis=1)
    half = counted[:, -1:] / 2
    rounding = 1e-9 * counted[:, -1:]  # weights may be fractions
    ends = (
        (counted < half - rounding).sum(axis=1),
        np.minimum((counted <= half + rounding).sum(axis=1), len(values) - 1),
    )
    low, high = (values[order[end]] for end in ends)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(low == high, low, (low + high) / 2))
