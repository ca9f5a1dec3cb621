"""How near an attack has come after so many queries: doubling, up to as many as it may ask."""

from collections.abc import Callable

import numpy as np

from robaudit.types import FloatArray, IntArray

Tell = Callable[[FloatArray], None]
"""Is told, once for some samples (n,), what a `QueryLog` of them has: (K, n)."""

_FEWEST = 50


def tell_nobody(_distance: FloatArray) -> None:
    """Keep nothing."""


def milestones(queries: int) -> tuple[int, ...]:
    """List numbers of queries, each about twice the one before: (K,).

    >>> milestones(2500)
    (78, 156, 312, 625, 1250, 2500)
    """
    halves = [queries]
    while halves[0] // 2 >= _FEWEST:
        halves.insert(0, halves[0] // 2)
    return tuple(halves)


class QueryLog:
    """The distance of the nearest example of samples (n,) known after so many queries: (K, n).

    Infinite where none was known. The numbers of queries are those of `milestones`.
    """

    def __init__(self, queries: int, samples: int) -> None:
        self._at = np.array(milestones(queries))
        self.distance = np.full((len(self._at), samples), np.inf)

    def meet(self, rows: IntArray, distance: FloatArray, spent: IntArray) -> None:
        """Write down what was found of samples at ``rows`` with so many queries: (m,) each."""
        by_then = spent <= self._at[:, None]
        nearer = np.where(by_then, distance, np.inf)
        self.distance[:, rows] = np.minimum(self.distance[:, rows], nearer)
