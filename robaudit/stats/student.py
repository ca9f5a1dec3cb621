"""Student's t distribution, for any degrees of freedom: what intervals of few samples go by."""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from robaudit.types import FloatArray

_NORMAL = NormalDist()
_MOST_FREEDOM = 1e7
"""With more degrees of freedom than this it is the normal distribution, to seven digits."""

_STEPS = 200
_TINY = 1e-300


def student_tail(t: float, freedom: float) -> float:
    """Give the chance of a value above ``t``.

    >>> round(student_tail(2.776445105, 4), 6)
    0.025
    """
    if freedom > _MOST_FREEDOM:
        return _NORMAL.cdf(-t)
    tail = _beta_below(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    return tail if t > 0 else 1 - tail


@lru_cache(maxsize=4096)
def student_quantile(tail: float, freedom: float) -> float:
    """Give the value that is exceeded with a chance of ``tail``, which lies in (0, 1).

    >>> round(student_quantile(0.025, 4), 6), round(student_quantile(0.025, 1), 6)
    (2.776445, 12.706205)
    """
    if tail > 0.5:
        return -student_quantile(1 - tail, freedom)
    low, high = 0.0, 1.0
    while student_tail(high, freedom) > tail:
        low, high = high, high * 2
    # Regula falsi on the logarithm of the tail, halving an end that stays (Illinois).
    above, below = (math.log(student_tail(end, freedom) / tail) for end in (low, high))
    for _ in range(_STEPS):
        t = high - below * (high - low) / (below - above)
        here = math.log(student_tail(t, freedom) / tail)
        if abs(here) < 1e-12:
            break
        if here < 0 < below or here > 0 > below:
            low, above = high, below
        else:
            above /= 2
        high, below = t, here
    return t


def student_quantiles(tail: float, freedom: FloatArray) -> FloatArray:
    """Give the quantiles for many degrees of freedom (...): (...)."""
    different, place = np.unique(freedom, return_inverse=True)
    found = np.array([student_quantile(tail, one) for one in different.tolist()])
    return found[place].reshape(np.shape(freedom))


def _beta_below(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_below(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    upper, lower = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    fraction = lower
    for m in range(1, _STEPS):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            lower = 1 / _away(1 + part * lower)
            upper = _away(1 + part / upper)
            fraction *= upper * lower
        if abs(upper * lower - 1) < 1e-15:
            break
    return front * fraction / a


def _away(value: float) -> float:
    """Keep a denominator from being 0."""
    return value if abs(value) > _TINY else _TINY
