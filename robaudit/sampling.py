"""Which samples are searched: a class-balanced random choice."""

import numpy as np

from robaudit.randomness import Stream, generator
from robaudit.types import IntArray


def balanced_rows(classes_of_rows: IntArray, count: int, seed: int) -> IntArray:
    """Choose ``count`` rows at random, as evenly over classes as there are rows: sorted.

    ``classes_of_rows`` (n,) holds the class of each row. Every class gives the
    same number, or all it has; what then is missing comes from the others. All
    rows are chosen where there are no more than ``count``.

    >>> balanced_rows(np.array([0, 0, 0, 0, 1, 1]), 4, seed=0).tolist()
    [1, 3, 4, 5]
    """
    random = generator(seed, Stream.SAMPLES)
    shuffled = random.permutation(len(classes_of_rows))
    # A row's rank is how many rows of its class come before it in the shuffle; taking
    # the lowest ranks deals out one row a class, round after round.
    by_class = shuffled[np.argsort(classes_of_rows[shuffled], kind="stable")]
    sizes = np.unique(classes_of_rows, return_counts=True)[1]
    rank = np.concatenate([np.arange(size) for size in sizes])
    # Of the last round, which is not always full, random classes give a row.
    order = np.lexsort((random.permutation(len(rank)), rank))
    return np.sort(by_class[order[:count]])
