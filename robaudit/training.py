"""What the training of every adapter shares: batches in a random order, epoch after epoch."""

from collections.abc import Iterator

import numpy as np

from robaudit.types import IntArray, TrainPlan


def shuffled_batches(count: int, plan: TrainPlan) -> Iterator[list[IntArray]]:
    """Give, for each epoch of a plan, its batches of rows out of ``count``, shuffled anew.

    A single row left over joins the batch before: batch normalisation cannot be
    trained on one input.

    >>> [len(rows) for rows in next(shuffled_batches(9, TrainPlan(batch_size=4)))]
    [4, 5]
    """
    random = np.random.default_rng(plan.seed)
    ends = list(range(plan.batch_size, count, plan.batch_size))
    if ends and count - ends[-1] == 1:
        ends.pop()
    for _ in range(plan.epochs):
        yield np.split(random.permutation(count), ends)
