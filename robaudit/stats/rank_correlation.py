"""Spearman's rank correlation, with an interval that lists without a connection keep to."""

import math
from statistics import NormalDist

import numpy as np

from robaudit.stats.bootstrap import Weights, weights_in_parts
from robaudit.stats.intervals import percentile_interval
from robaudit.types import Estimate, FloatArray

_LEAST = 3
_QUANTILE = NormalDist().inv_cdf(0.975)
_NEARLY_ONE = 1 - 1e-6
"""Of which, unlike of 1, Fisher's transform is finite."""


def ranks(values: FloatArray) -> FloatArray:
    """Rank values (n,) from 1; equal ones, infinite ones too, share the mean of their ranks.

    >>> ranks(np.array([0.3, 0.1, np.inf, 0.3, np.inf]))
    array([2.5, 1. , 4.5, 2.5, 4.5])
    """
    return np.asarray(weighted_ranks(values, np.ones((1, len(values))))[0] + 0.5)


def weighted_ranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Rank values (n,) in resamples that hold each as often as weights (B, n) say: (B, n).

    They are half a rank too low, which does not matter to a correlation.
    """
    order = np.argsort(values, kind="stable")
    _, first, group = np.unique(values[order], return_index=True, return_inverse=True)
    sizes = np.add.reduceat(weights[:, order], first, axis=1)
    group = group[np.argsort(order, kind="stable")]
    return np.asarray((np.cumsum(sizes, axis=1) - sizes / 2)[:, group])


def rank_correlation(first: FloatArray, second: FloatArray, weights: Weights) -> Estimate:
    """Estimate Spearman's correlation of two lists (n,), which may hold infinite values.

    ``weights`` (1000, n) are the bootstrap's. Its interval, which is too narrow for few
    samples, is widened to that of Bonett and Wright (Psychometrika 65, 2000) where that
    is wider. There is no number for fewer than three samples, and none where one of the
    lists is all the same.
    """
    if len(first) < _LEAST:
        return Estimate(None, None, None)
    whole = float(_correlations(first, second, np.ones((1, len(first))))[0])
    if not np.isfinite(whole):
        return Estimate(None, None, None)
    parts = [_correlations(first, second, part) for part in weights_in_parts(weights)]
    found = percentile_interval(whole, np.concatenate(parts))
    low, high = _bounds(whole, len(first))
    return Estimate(
        whole,
        low if found.low is None else min(low, found.low),
        high if found.high is None else max(high, found.high),
    )


def _bounds(correlation: float, count: int) -> tuple[float, float]:
    """Bound a correlation by Fisher's transform, with the variance that it has of ranks."""
    if count <= _LEAST:
        return -1.0, 1.0
    inside = math.atanh(max(-_NEARLY_ONE, min(_NEARLY_ONE, correlation)))
    half = _QUANTILE * math.sqrt((1 + correlation**2 / 2) / (count - 3))
    return math.tanh(inside - half), math.tanh(inside + half)


def _correlations(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Correlate the ranks of two lists (n,) in each resample (B, n): (B,), NaN without spread."""
    a, b = (_centred(weighted_ranks(values, weights), weights) for values in (first, second))
    spread = np.sqrt((weights * a**2).sum(axis=1) * (weights * b**2).sum(axis=1))
    with np.errstate(invalid="ignore"):
        correlations = np.clip((weights * a * b).sum(axis=1) / spread, -1.0, 1.0)
    return np.asarray(np.where(spread > 0, correlations, np.nan))


def _centred(values: FloatArray, weights: FloatArray) -> FloatArray:
    mean = (weights * values).sum(axis=1) / weights.sum(axis=1)
    return np.asarray(values - mean[:, None])
