"""Intervals: how sure a figure is. All are 95 % unless an error is given.

Rays that start from one sample tell much the same story, so the unit that is
resampled is always the sample, never the ray.
"""

import math
from statistics import NormalDist

import numpy as np

from robaudit.types import Estimate, FloatArray

_NORMAL = NormalDist()
SPREAD = 5
"""With fewer values than this unlike the commonest one, a bootstrap is not trusted alone."""


def wilson_interval(successes: float, total: int) -> Estimate:
    """Estimate a share with its Wilson score interval; no number when ``total`` is 0.

    >>> wilson_interval(98, 100)
    Estimate(value=0.98, low=0.9299..., high=0.9944...)
    """
    if total == 0:
        return Estimate(None, None, None)
    share = successes / total
    return Estimate(share, *wilson_bounds(share, total))


def wilson_bounds(share: float, total: int, error: float = 0.05) -> tuple[float, float]:
    """Give the bounds of Wilson's score interval of a share of ``total``."""
    z = _NORMAL.inv_cdf(1 - error / 2)
    spread = z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def percentile_interval(
    value: float | None, resampled: FloatArray, error: float = 0.05
) -> Estimate:
    """Estimate a figure from its bootstrap resamples (B,).

    The interval is Efron's bias-corrected percentile interval: sums over class
    pairs and spreads between classes are larger in resamples than in the sample
    they came from, and the plain percentiles would miss the figure itself. A
    resample may be infinite (a ratio with nothing below the line), and so may a
    bound, which is then ``None``; one that is no number at all is left out. There
    is no interval where all resamples are the same, since that shows no spread
    rather than that there is none.
    """
    known = np.sort(resampled[~np.isnan(resampled)])
    if value is None or not len(known) or known[0] == known[-1]:
        return Estimate(value, None, None)
    below = (np.sum(known < value) + np.sum(known == value) / 2) / len(known)
    shift = 2 * _NORMAL.inv_cdf(float(np.clip(below, 0.5 / len(known), 1 - 0.5 / len(known))))
    z = _NORMAL.inv_cdf(1 - error / 2)
    low, high = (_NORMAL.cdf(shift + tail) * (len(known) - 1) for tail in (-z, z))
    # Order statistics themselves, never a mean of two, which may be infinite.
    return Estimate(
        value,
        _finite(min(value, known[math.floor(low)])),
        _finite(max(value, known[math.ceil(high)])),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
