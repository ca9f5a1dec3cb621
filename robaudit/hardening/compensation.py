"""How many samples of each class examples are made of: compensation for their inequality.

The paper's rule goes by levels (Section IV-B). The other one goes by neighbours: what a class
that is hard gets more, the easier classes that it lies near get less, not all that are easy.
That is the idea of DAFA (Lee et al., 2024, arXiv 2401.12532), where nearness is that of a
model's probabilities; here it is that of margins.
"""

import numpy as np

from robaudit.hardening.plan import HardeningPlan
from robaudit.metrics.levels import Level
from robaudit.metrics.tally import Tally
from robaudit.types import FloatArray, IntArray

FARTHEST = 0.5
"""The class whose weight is farthest from 1 has 1/2 or 3/2."""


def samples_of_classes(
    plan: HardeningPlan,
    levels: tuple[Level | None, ...],
    searched: IntArray,
    crossing: IntArray,
    near: FloatArray,
) -> IntArray:
    """Tell how many samples of each class are chosen: (C,).

    Of each so many were ``searched`` (C,), so many have a ray that is ``crossing`` (C,). By
    neighbours they are as many together as by levels; ``near`` (C, C) is `nearness`.
    """
    wanted = [
        plan.samples_of(level, size) if level else 0
        for level, size in zip(levels, searched.tolist(), strict=True)
    ]
    counts = np.minimum(np.array(wanted, dtype=np.int64), crossing)
    if plan.method != "feedback" or plan.compensation == "levels":
        return counts
    return weighted_counts(crossing, int(counts.sum()), weights_by_neighbours(near))


def nearness(tally: Tally, reach: float) -> FloatArray:
    """Tell how near each class lies to each other: (C, C), from 0 to 1 in each row together.

    A ray that first crosses into a class counts for it by how soon: 1 at the sample, 0 at
    the reach. Means over the rays of a class's samples that are right at the start; so a row
    adds up to 1 less the class's restricted mean margin, as a share of the reach.
    """
    tally = tally.right_at_start()
    samples = np.bincount(tally.origin, minlength=len(tally.sums))
    of_each = tally.rays // max(1, len(tally.origin))
    near: FloatArray = tally.counts - tally.sums / reach
    return near / np.maximum(samples * of_each, 1)[:, None]


def weights_by_neighbours(near: FloatArray, farthest: float = FARTHEST) -> FloatArray:
    """Give each class a weight, (C,), by nearness (C, C): near 1, and C of them together.

    Of two classes the harder one, whose row is larger, gets as much more as it lies near to
    the easier one, which gets as much less. All is scaled for the largest change to be
    ``farthest``.

    >>> near = np.array([[0, 0.3, 0.1], [0.1, 0, 0.1], [0, 0, 0]])
    >>> weights_by_neighbours(near).round(3).tolist()
    [1.5, 0.75, 0.75]
    """
    hard = near.sum(axis=1)
    given = np.where(hard[:, None] > hard[None, :], near, 0.0)
    change: FloatArray = given.sum(axis=1) - given.sum(axis=0)
    most = np.abs(change).max()
    return 1 + farthest * (change / most) if most > 0 else np.ones(len(near))


def weighted_counts(sizes: IntArray, total: int, weights: FloatArray) -> IntArray:
    """Share out a total over classes that hold ``sizes`` (C,), by weights (C,) above 0.

    What a class lacks, the others give, by their weights.

    >>> weighted_counts(np.array([9, 9, 9]), 12, np.array([1.5, 1.0, 0.5])).tolist()
    [6, 4, 2]
    >>> weighted_counts(np.array([3, 9, 9]), 12, np.array([1.5, 1.0, 0.5])).tolist()
    [3, 6, 3]
    """
    counts = np.zeros_like(sizes)
    for _ in range(min(total, int(sizes.sum()))):
        room = np.flatnonzero(counts < sizes)
        counts[room[((counts[room] + 1) / weights[room]).argmin()]] += 1
    return counts
