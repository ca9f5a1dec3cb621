"""Cells: what intervals need of a table of samples x directions, as sums made block by block.

A cell is what one sample shows along one direction, both ways of it taken together: its
mean of min(margin, reach) / reach, the share of the ways that crossed, or that ended in a
class. Of two models on the same samples and directions, a cell is the difference of theirs.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.types import FloatArray, IntArray


@dataclass(frozen=True)
class Cells:
    """Sums over the cells of one figure.

    ``group`` (S,) is the class of each sample, from 0 to C - 1, and ``means`` (S,) the mean
    of its cells. ``sums`` and ``counts`` (C, P) add up cells by class and direction, and
    ``squares`` (C,) their squares by class. Every sample has as many cells, ``each``, along
    directions of its own out of a pool of P, or along all of them where ``each`` is P.
    """

    group: IntArray
    means: FloatArray
    sums: FloatArray
    counts: IntArray
    squares: FloatArray
    each: int

    @property
    def sizes(self) -> IntArray:
        """How many samples each class has: (C,)."""
        return np.bincount(self.group, minlength=len(self.squares))


def cells_of_table(
    table: FloatArray,
    group: IntArray,
    classes: int,
    taken: IntArray | None = None,
    pool: int | None = None,
) -> Cells:
    """Sum a table (S, k) of samples of so many ``classes``.

    ``taken`` (S, k) says which of ``pool`` directions each cell lies along, no direction
    twice for a sample; without it all samples have the same k directions.
    """
    each = table.shape[1]
    if taken is None:
        taken, pool = np.broadcast_to(np.arange(each), table.shape), each
    pool = pool or int(taken.max()) + 1
    place = (group[:, np.newaxis] * pool + taken).ravel()
    size = classes * pool
    return Cells(
        group=group,
        means=table.mean(axis=1),
        sums=_summed(place, table.ravel(), size).reshape(classes, pool),
        counts=np.bincount(place, minlength=size).reshape(classes, pool),
        squares=_summed(group, (table**2).sum(axis=1), classes),
        each=each,
    )


def _summed(place: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum values (n,) by their places: (``size``,)."""
    return np.bincount(place, values, size).astype(np.float64)
