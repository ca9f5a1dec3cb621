"""Permutation tests: what chance does to groups that are all the same."""

import numpy as np

from robaudit.stats.randomness import Stream, generator
from robaudit.types import FloatArray, IntArray

PERMUTATIONS = 1999
_ROUNDING = 1e-9


def spread_p_value(values: FloatArray, groups: IntArray, seed: int) -> float | None:
    """Test that groups do not differ, by how far the largest of their means is from the smallest.

    ``values`` and ``groups`` are (n,). The p-value is the share of permutations of values over
    groups with means at least as far apart, these themselves counted: never too small,
    however few the values. ``None`` for a single group, and where all values are the same.
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2 or np.ptp(values) == 0:
        return None

    def spread(ordered: FloatArray) -> float:
        return float(np.ptp(np.bincount(group, ordered) / sizes))

    random = generator(seed, Stream.BOOTSTRAP, 1)
    least = spread(values) * (1 - _ROUNDING)
    as_far = sum(spread(random.permutation(values)) >= least for _ in range(PERMUTATIONS))
    return (1 + as_far) / (1 + PERMUTATIONS)
