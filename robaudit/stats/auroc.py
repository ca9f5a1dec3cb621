"""The area under the ROC curve: how well scores tell two groups apart, with its interval."""

from statistics import NormalDist

import numpy as np

from robaudit.stats.bootstrap import Weights, weights_in_parts
from robaudit.stats.intervals import percentile_interval
from robaudit.stats.rank_correlation import weighted_ranks
from robaudit.types import BoolArray, Estimate, FloatArray

_NORMAL = NormalDist()
_HALVINGS = 50


def area_under_curve(
    scores: FloatArray, positive: BoolArray, weights: Weights, error: float = 0.05
) -> Estimate:
    """Estimate how often a positive has a larger score than another, ties counting half.

    ``scores`` and ``positive`` are (n,), ``weights`` (1000, n) the bootstrap's. Its interval,
    which has no width where the two groups do not overlap, is widened to Newcombe's score
    interval (Statistics in Medicine 25, 2006, method 5) where that is wider, and misses
    with a chance of ``error``. There is no number where one of the groups is empty.
    """
    counts = int(positive.sum()), int((~positive).sum())
    if not all(counts):
        return Estimate(None, None, None)
    value = float(_areas(scores, positive, np.ones((1, len(scores))))[0])
    parts = [_areas(scores, positive, part) for part in weights_in_parts(weights)]
    drawn = percentile_interval(value, np.concatenate(parts), error)
    low, high = area_bounds(value, *counts, error)
    return Estimate(
        value,
        low if drawn.low is None else min(low, drawn.low),
        high if drawn.high is None else max(high, drawn.high),
    )


def area_bounds(
    area: float, positives: int, others: int, error: float = 0.05
) -> tuple[float, float]:
    """Bound an area between groups of so many by Newcombe's score interval.

    A bound is an area at so many of its own standard errors (Hanley and McNeil, 1982, both
    groups at their mean size within the bracket) from the one found.

    >>> low, high = area_bounds(1.0, 10, 10)
    >>> round(low, 3), high
    (0.8, 1.0)
    """
    size = (positives + others) / 2 - 1
    quantile = _NORMAL.inv_cdf(1 - error / 2)

    def reaches(other: float) -> bool:
        pairs = (1 - other) / (2 - other) + other / (1 + other)
        variance = other * (1 - other) * (1 + size * pairs) / (positives * others)
        return bool((area - other) ** 2 <= quantile**2 * variance)

    def farthest(end: float) -> float:
        inside, outside = area, end
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if reaches(middle) else (inside, middle)
        return inside

    return farthest(0.0), farthest(1.0)


def _areas(scores: FloatArray, positive: BoolArray, weights: FloatArray) -> FloatArray:
    """Compute the area in each resample (B, n): (B,), NaN where a group is empty there.

    It is that of Mann and Whitney: summed ranks of positives less those among themselves.
    """
    ranked = weighted_ranks(scores, weights)
    own = weights[:, positive]
    positives, total = own.sum(axis=1), weights.sum(axis=1)
    above = (own * ranked[:, positive]).sum(axis=1) - positives**2 / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(above / (positives * (total - positives)), 0.0, 1.0))
