"""Intervals: how sure a figure is. All are 95 % unless an error is given.

Rays that start from one sample tell much the same story, so the unit that is
resampled is always the sample, never the ray.
"""

import math
import sys
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from robaudit.batches import slices
from robaudit.stats.randomness import Stream, generator
from robaudit.types import BoolArray, Estimate, FloatArray, IntArray

_NORMAL = NormalDist()
RESAMPLES = 1000
SPREAD = 5
"""With fewer values than this unlike the commonest one, a bootstrap is not trusted alone."""

_MOST_NUMBERS = 2**23
"""So many weights are looked at in double precision at a time, which bounds the memory."""

_DRAWN_AT_A_TIME = 2**20

Weights = FloatArray | IntArray
"""How often each sample occurs in each bootstrap resample: (B, S)."""


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


def most_of_them(found: int, drawn: int, total: int, error: float = 0.05) -> int:
    """Bound how many of ``total`` things are of a kind, when ``found`` of ``drawn`` are.

    They were drawn at random without replacement. The exact one-sided bound: the
    largest number for which so few would be found with a chance of more than ``error``.

    >>> most_of_them(0, 3000, 10**9) / 10**9
    0.000998...
    >>> most_of_them(2, 50, 50)
    2
    """
    low, high = found, total - drawn + found
    while low < high:
        middle = (low + high + 1) // 2
        # A chance of just so much counts as less, however its sum was rounded.
        if _chance_of_at_most(found, drawn, middle, total) > error * (1 + 1e-9):
            low = middle
        else:
            high = middle - 1
    return low


def _chance_of_at_most(found: int, drawn: int, kind: int, total: int) -> float:
    """Sum the hypergeometric distribution up to ``found``."""
    return sum(
        math.exp(
            _log_ways(kind, count)
            + _log_ways(total - kind, drawn - count)
            - _log_ways(total, drawn)
        )
        for count in range(max(0, drawn - (total - kind)), min(found, kind) + 1)
    )


def _log_ways(things: int, chosen: int) -> float:
    """Logarithm of the number of ways to choose some of some things."""
    if not 0 <= chosen <= things:
        return -math.inf
    return math.lgamma(things + 1) - math.lgamma(chosen + 1) - math.lgamma(things - chosen + 1)


def mcnemar(first: BoolArray, second: BoolArray) -> float:
    """Two-sided exact p-value that two classifiers are right equally often; never 0.

    ``first`` and ``second`` (n,) mark the same samples as right or wrong.

    >>> mcnemar(np.array([True] * 6), np.array([False] * 6))
    0.03125
    """
    only_first = int((first & ~second).sum())
    differ = only_first + int((second & ~first).sum())
    fewer = min(only_first, differ - only_first)
    ways = choices = 1
    for chosen in range(1, fewer + 1):
        choices = choices * (differ - chosen + 1) // chosen
        ways += choices
    return min(1.0, max(float(2 * ways / 2**differ), sys.float_info.min))


def bootstrap_weights(
    groups: IntArray, seed: int, resamples: int = RESAMPLES, *, rescaled: bool = False
) -> Weights:
    """Draw how often each sample occurs in each bootstrap resample: (``resamples``, n).

    ``groups`` (n,) holds each sample's class. Resampling is within classes, since
    the number of samples of each class was chosen, not found; classes of a single
    sample, which alone would seem to have no spread, are resampled together. They
    are counts of one byte, which no sample's exceeds.
    ``rescaled`` weights draw one sample less of each class and make up for it, which
    gives small classes their whole variance (Rao and Wu, 1988); they are fractions,
    in single precision where there are very many.
    """
    random = generator(seed, Stream.BOOTSTRAP)
    fractions = np.float64 if resamples * len(groups) <= _MOST_NUMBERS else np.float32
    weights = np.zeros((resamples, len(groups)), dtype=fractions if rescaled else np.uint8)
    classes, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    stratum = np.where(sizes[group] > 1, group, len(classes))
    for one in np.unique(stratum):
        members = np.flatnonzero(stratum == one)
        even = np.full(len(members), 1 / len(members))
        drawn = max(1, len(members) - 1) if rescaled else len(members)
        for part in slices(resamples, max(1, _DRAWN_AT_A_TIME // len(members))):
            times = random.multinomial(drawn, even, size=part.stop - part.start)
            weights[part, members] = times * (len(members) / drawn)
    return weights


def weights_in_parts(weights: Weights) -> Iterator[FloatArray]:
    """Give weights (B, n) in double precision, no more rows at a time than memory is for."""
    for part in slices(len(weights), max(1, _MOST_NUMBERS // max(1, weights.shape[1]))):
        yield weights[part].astype(np.float64, copy=False)


def resampled_means(values: FloatArray, weights: Weights) -> FloatArray:
    """Average values (n,) in each resample: (B,), NaN where it holds none of them."""
    parts = weights_in_parts(weights)
    with np.errstate(invalid="ignore"):  # a class of one sample may be missing from a resample
        return np.concatenate([part @ values / part.sum(axis=1) for part in parts])


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


def mean_interval(
    values: FloatArray, weights: Weights, upper: float, error: float = 0.05
) -> Estimate:
    """Estimate the mean over samples of values (n,) that lie in [0, ``upper``].

    ``weights`` (B, n) are the bootstrap's, ``error`` the chance of an interval
    that misses. Where (almost) all values are the same a bootstrap sees no spread
    worth the name; the interval is then at least Wilson's for as many samples,
    the widest that values in such a range can call for.
    """
    if not len(values):
        return Estimate(None, None, None)
    mean = float(values.mean())
    found = percentile_interval(mean, resampled_means(values, weights), error)
    if found.low is not None and found.high is not None and shows_spread(values):
        return found
    low, high = wilson_bounds(min(1.0, mean / upper), len(values), error)
    return Estimate(
        mean,
        min(low * upper, mean if found.low is None else found.low),
        max(high * upper, mean if found.high is None else found.high),
    )


def shows_spread(values: FloatArray) -> bool:
    """Tell whether enough of some values (n,) differ from the commonest to trust a bootstrap."""
    return len(values) - int(np.unique(values, return_counts=True)[1].max()) >= SPREAD
