"""Which samples are searched, and which are held out: random choices within classes."""

import numpy as np

from robaudit.stats.randomness import Stream, generator
from robaudit.types import BoolArray, IntArray


def balanced_rows(classes_of_rows: IntArray, count: int, seed: int) -> IntArray:
    """Choose ``count`` rows at random, as evenly over classes as there are rows.

    ``classes_of_rows`` (n,) holds the class of each row. Every class gives the
    same number, or all it has; what then is missing comes from the others. All
    rows are chosen where there are no more than ``count``. They come in a random order, round
    after round of the classes: the first of them are what would be chosen if fewer were wanted.

    >>> balanced_rows(np.array([0, 0, 0, 0, 1, 1]), 4, seed=0).tolist()
    [4, 1, 5, 3]
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
    return by_class[order[:count]]


def held_out_rows(classes_of_rows: IntArray, share: float, seed: int, part: int) -> BoolArray:
    """Mark a random share of the rows of each class: (n,).

    At least one row is marked, and at least one is not. What is missing from classes
    too small to give a row each comes from others. ``part`` keeps choices of one seed
    apart.

    >>> held_out_rows(np.array([0] * 10 + [1] * 20), 0.1, seed=0, part=0).sum()
    np.int64(3)
    """
    random = generator(seed, Stream.SAMPLES, 1, part)
    count = len(classes_of_rows)
    wanted = min(max(1, round(share * count)), count - 1)
    shuffled = random.permutation(count)
    order = random.permutation(int(classes_of_rows.max()) + 1)
    by_class = shuffled[np.argsort(order[classes_of_rows[shuffled]], kind="stable")]
    # Evenly spaced rows of one class after the other: each gives its share, up to one.
    places = ((np.arange(wanted) + random.random()) * count / wanted).astype(np.int64)
    held_out = np.zeros(count, dtype=np.bool_)
    held_out[by_class[places]] = True
    return held_out
