"""How sure differences are between figures of two models on the same samples.

All differences are after less before, with 95 % intervals and two-sided p-values.
"""

import math
import sys
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from robaudit.stats.exact import mcnemar
from robaudit.stats.intervals import percentile_interval, wilson_bounds
from robaudit.types import BoolArray, FloatArray

_NORMAL = NormalDist()
_QUANTILE = _NORMAL.inv_cdf(0.975)
_MOST_UNKNOWN = 0.025
"""With more resamples than this without a number, a bound of the interval could be anywhere."""


@dataclass(frozen=True)
class Difference:
    """A difference with its 95 % interval and p-value; ``None`` where there is no number."""

    value: float
    low: float | None
    high: float | None
    p_value: float | None


def resampled_difference(value: float, resampled: FloatArray, error: float = 0.05) -> Difference:
    """Estimate a difference from its bootstrap resamples (B,), the same samples in both.

    The interval is that of `percentile_interval`, and misses with a chance of
    ``error``. The p-value is twice the smaller share of resamples on either side of
    0, corrected for bias as the interval is, so that the two agree; one more resample
    is counted on each side, so it is never 0. There are none where all resamples are
    the same or many are no number.
    """
    estimate = percentile_interval(value, resampled, error)
    unknown = np.isnan(resampled).mean() > _MOST_UNKNOWN
    if unknown or (estimate.low is None and estimate.high is None):
        return Difference(value, None, None, None)
    return Difference(value, estimate.low, estimate.high, _bootstrap_p(value, resampled))


def _bootstrap_p(value: float, resampled: FloatArray) -> float:
    count = len(resampled)

    def quantile(share: float) -> float:
        return _NORMAL.inv_cdf(min(max(share, 0.5 / count), 1 - 0.5 / count))

    below = (np.sum(resampled < value) + np.sum(resampled == value) / 2) / count
    shift = 2 * quantile(float(below))
    # What is no number may lie on either side.
    down, up = ((np.sum(~side) + 1) / (count + 1) for side in (resampled > 0, resampled < 0))
    least = 2 / (count + 1)
    one_sided = min(_NORMAL.cdf(quantile(down) - shift), _NORMAL.cdf(quantile(up) + shift))
    return min(1.0, max(least, 2 * one_sided))


def share_difference(before: BoolArray, after: BoolArray, error: float = 0.05) -> Difference:
    """Estimate the difference of two shares of the same samples (n,), n at least 1.

    The interval misses with a chance of ``error``.

    The interval is Newcombe's hybrid of two score intervals for paired shares
    (Statistics in Medicine 17, 1998, method 10), the p-value McNemar's, exact.

    >>> marks = np.repeat([True, False], 50)
    >>> share_difference(marks, marks)
    Difference(value=0.0, low=-0.0..., high=0.0..., p_value=1.0)
    """
    n = len(before)
    first, second = float(after.mean()), float(before.mean())
    low, high = _together(
        first,
        wilson_bounds(first, n, error),
        second,
        wilson_bounds(second, n, error),
        _correlation(before, after),
    )
    return Difference(first - second, low, high, mcnemar(before, after))


def _correlation(before: BoolArray, after: BoolArray) -> float:
    """Correlate two marks of the same samples: phi, its numerator corrected for continuity."""
    n = len(before)
    both, neither = int((before & after).sum()), int((~before & ~after).sum())
    only_before, only_after = int((before & ~after).sum()), int((after & ~before).sum())
    product = float(both * neither - only_before * only_after)
    if product > 0:
        product = max(product - n / 2, 0.0)
    rights = (both + only_before, both + only_after)
    scale = math.prod(float(right * (n - right)) for right in rights)
    return product / math.sqrt(scale) if scale else 0.0


def _together(
    first: float,
    first_bounds: tuple[float, float],
    second: float,
    second_bounds: tuple[float, float],
    correlation: float = 0.0,
) -> tuple[float, float]:
    """Bound ``first - second``, each of which has bounds, as Newcombe does."""
    value = first - second
    down, up = first - first_bounds[0], first_bounds[1] - first
    other_down, other_up = second - second_bounds[0], second_bounds[1] - second

    def length(side: float, other: float) -> float:
        return math.sqrt(max(side**2 - 2 * correlation * side * other + other**2, 0.0))

    return max(-1.0, value - length(down, other_up)), min(1.0, value + length(up, other_down))


def widened(difference: Difference, low: float, high: float) -> Difference:
    """Widen an interval to [``low``, ``high``], and let the p-value agree with it.

    The p-value is that of a normal error with such a bound on the side of 0.
    """
    value = difference.value
    low, high = min(value, low), max(value, high)
    if difference.low is not None and difference.high is not None:
        low, high = min(low, difference.low), max(high, difference.high)
    length = value - low if value > 0 else high - value
    p_value = 1.0
    if value:
        errors = abs(value) / length if length else math.inf
        p_value = max(2 * _NORMAL.cdf(-_QUANTILE * errors), sys.float_info.min)
    return Difference(value, low, high, max(p_value, difference.p_value or 0.0))


def holding_zero(difference: Difference, error: float) -> Difference:
    """Let an interval leave out 0 only where the test of 0 says so at an ``error`` as well.

    Newcombe's interval is a little too short at 0 where many samples differ; McNemar's test is
    exact there.

    >>> holding_zero(Difference(0.02, 0.001, 0.04, 0.06), 0.05).low
    0.0
    """
    if difference.p_value is None or difference.p_value <= error:
        return difference
    low, high = difference.low, difference.high
    return replace(
        difference,
        low=None if low is None else min(low, 0.0),
        high=None if high is None else max(high, 0.0),
    )


def holm(p_values: list[float]) -> list[float]:
    """Adjust p-values for how many there are (Holm, 1979), in the order given.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, p_values[index] * (len(order) - place)))
        adjusted[index] = largest
    return adjusted
