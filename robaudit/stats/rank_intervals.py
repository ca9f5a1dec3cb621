"""Which rank a group has among others, as sure as its values tell."""

from statistics import NormalDist

import numpy as np

from robaudit.types import FloatArray, IntArray

_NORMAL = NormalDist()


def rank_bounds(
    values: FloatArray, groups: IntArray, error: float = 0.05
) -> tuple[IntArray, IntArray]:
    """Bound the ranks of groups, the one with the smallest values first: two arrays (G,).

    ``values`` and ``groups`` are (n,); groups are in the order of their numbers. All bounds
    hold at once but for a chance of ``error``: a group lies below another only where
    Wilcoxon's rank sum test says so at its share of that (Bonferroni over pairs). Infinite
    values rank last; ties widen the bounds.

    >>> low, high = rank_bounds(np.arange(40.0), np.repeat([0, 1], 20))
    >>> low.tolist(), high.tolist()
    ([1, 2], [1, 2])
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    count = len(sizes)
    low, high = np.ones(count, dtype=np.int64), np.full(count, count)
    if count < 2:
        return low, high
    sure = _NORMAL.inv_cdf(1 - error / (count * (count - 1)))
    for one, size in enumerate(sizes.tolist()):
        own = np.sort(values[group == one])
        less = np.searchsorted(own, values, "left"), np.searchsorted(own, values, "right")
        wins = np.bincount(group, sum(less) / 2)
        spread = np.sqrt(size * sizes * (size + sizes + 1) / 12)
        above = wins - size * sizes / 2 - 0.5 > sure * spread  # groups that lie above this one
        low += above
        high[one] -= int(above.sum())
    return low, high
