"""What an audit of new samples will find: where its interval will begin, whatever chance does.

A gate passes where the whole interval of a figure lies on its good side. That of new samples,
as many as there were, is moved by the chance in both: the difference of two means has twice
the variance of one (Hahn and Meeker, Statistical Intervals, 1991), and its own
half width comes on top. All of it is reckoned at the bad end of the interval that was found,
where shares of few failures spread the most.
"""

import math

from robaudit.stats.bounded import share_interval
from robaudit.stats.student import student_quantile
from robaudit.types import Estimate

_ERROR = 0.05
"""That of the intervals that are predicted, and of the estimates that they are predicted from."""


def lowest_of_new_share(successes: int, total: int, error: float) -> float:
    """Give what the lower bound of a share of ``total`` new samples falls below with ``error``.

    >>> round(lowest_of_new_share(592, 600, 0.05), 3), lowest_of_new_share(1, 600, 0.05)
    (0.954, 0.0)
    """
    value, here = successes / total, _half(successes, total)
    at_end = _half((value - here) * total, total)
    predicted = max(0.0, value - _times(error, total - 1) * max(here, at_end))
    return max(0.0, predicted - _half(predicted * total, total))


def bound_of_new_mean(
    estimate: Estimate, error: float, freedom: int, *, above: bool, most: float = 1.0
) -> float | None:
    """Give what the upper bound of a mean (``above``), or its lower, goes beyond with ``error``.

    Its values lie in [0, ``most``], and its variance grows at most as theirs may, that of a
    share of as large a mean. ``freedom`` are the degrees of freedom of its interval. ``None``
    without one.

    >>> round(bound_of_new_mean(Estimate(0.5, 0.4, 0.6), 0.05, 100, above=False), 3)
    0.282
    """
    value, end = estimate.value, estimate.high if above else estimate.low
    if value is None or end is None:
        return None
    value, end = value / most, end / most
    half, sign = abs(end - value), 1 if above else -1
    usual = _variance(value) or _variance(end) or 1.0
    predicted = value + sign * _times(error, freedom) * half * _wider(end, usual)
    bound = predicted + sign * half * _wider(predicted, usual)
    return most * min(1.0, max(0.0, bound))


def _half(successes: float, total: int) -> float:
    """Give by how much the interval of a share goes below it."""
    low = share_interval(successes, total).low
    return successes / total - (low or 0.0)


def _times(error: float, freedom: int) -> float:
    """Give by how many half widths two means lie apart, beyond which chance brings one in 1/error.

    >>> round(_times(0.05, 10**6), 3)
    1.187
    """
    return math.sqrt(2) * student_quantile(error, freedom) / student_quantile(_ERROR / 2, freedom)


def _variance(mean: float) -> float:
    return max(0.0, mean * (1 - mean))


def _wider(mean: float, usual: float) -> float:
    return math.sqrt(max(1.0, _variance(mean) / usual))
