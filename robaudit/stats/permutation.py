"""Permutation tests: what chance does to groups that are all the same."""

import numpy as np

from robaudit.stats.randomness import Stream, generator
from robaudit.types import FloatArray, IntArray

PERMUTATIONS = 1999
_ROUNDING = 1e-9


def spread_p_value(
    values: FloatArray, groups: IntArray, along: FloatArray | None, seed: int, error: float = 0.0
) -> float | None:
    """Test that groups do not differ, by how far the largest of their means is from the smallest.

    ``values`` and ``groups`` are (n,); ``along`` (G, D) are the means of each group, in the
    order of their numbers, along each of the directions that all values are means over;
    ``None`` where each value has directions of its own, out of a pool that gives the mean
    of a group the standard ``error``.
    Chance has two parts: which values are in a group, drawn by permuting them over groups,
    and which directions all of them share, drawn from how differently groups fare along
    them. The p-value is the share of 1,999 draws with means at least as far apart, these
    themselves counted. ``None`` for a single group or direction, and where all values are
    the same.
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    count = len(sizes)
    if count < 2 or np.ptp(values) == 0 or (along is not None and along.shape[1] < 2):
        return None
    if along is not None:
        error = _error_along(along)
    random = generator(seed, Stream.BOOTSTRAP, 1)

    def means(ordered: FloatArray) -> FloatArray:
        return np.bincount(group, ordered) / sizes

    least = np.ptp(means(values)) * (1 - _ROUNDING)
    as_far = sum(
        np.ptp(means(random.permutation(values)) + random.normal(0, error, count)) >= least
        for _ in range(PERMUTATIONS)
    )
    return (1 + int(as_far)) / (1 + PERMUTATIONS)


def _error_along(along: FloatArray) -> float:
    """Estimate the standard error of one group's mean that comes of the directions, from (G, D)."""
    count, directions = along.shape
    own = along - along.mean(axis=0) - along.mean(axis=1, keepdims=True) + along.mean()
    freedom = (count - 1) * (directions - 1)
    return float(np.sqrt((own**2).sum() / freedom / directions))
