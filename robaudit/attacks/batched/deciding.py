"""What decision-based attacks ask: is this point of another class. Each question is counted."""

import numpy as np

from robaudit.attacks.batched.asking import Asked
from robaudit.attacks.batched.closing_in import HALVINGS
from robaudit.attacks.batched.nearest import Nearest
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.query_log import QueryLog
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray


class Deciding:
    """Samples x (n, D) of 0..1 of classes y (n,), asked about by their places ``rows`` (m,).

    ``spent`` (n,) are the queries of each sample so far, of as many as ``queries``; whoever asks
    keeps to that. ``nearest`` and ``log`` are what has been drawn in to the boundary.
    """

    def __init__(
        self, classifier: Classifier, x: FloatArray, y: IntArray, *, norm: str, queries: int
    ) -> None:
        self.x, self._y, self._asked = x, y, Asked(classifier)
        self.geometry = GEOMETRIES[norm]
        self._queries = queries
        self.spent = np.zeros(len(x), dtype=np.int64)
        self.nearest, self.log = Nearest(x), QueryLog(queries, len(x))

    def to_spend(self, rows: IntArray) -> IntArray:
        """Say how many queries samples have left, once drawing in to the boundary is paid: (m,)."""
        return np.asarray(self._queries - HALVINGS - self.spent[rows])

    def left(self, points: FloatArray, rows: IntArray) -> BoolArray:
        """Ask whether points (m, D) of samples at ``rows`` (m,), any often, have left the class."""
        if not len(rows):
            return np.zeros(0, dtype=bool)
        self.spent += np.bincount(rows, minlength=len(self.spent))
        return self._asked.leads(points, self._y[rows]).left

    def drawn_in(self, points: FloatArray, rows: IntArray) -> FloatArray:
        """Bisect the way from points (m, D) of another class to their samples: like points.

        The way is that of ever smaller balls of the norm: a straight line in L2, in L-inf all
        that is farther off is cut down.
        """
        x = self.x[rows]
        change = points - x
        length = self.geometry.length(change)
        inside, outside = np.zeros(len(rows)), np.ones(len(rows))
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            left = self.left(x + self.geometry.project(change, middle * length), rows)
            inside, outside = np.where(left, inside, middle), np.where(left, middle, outside)
        drawn = self.geometry.project(change, outside * length)
        self.meet(drawn, rows)
        return np.asarray(x + drawn)

    def meet(self, change: FloatArray, rows: IntArray) -> None:
        """Keep changes (m, D) that lead to another class, where they are the shortest so far."""
        length = self.geometry.length(change)
        self.nearest.meet(change, length, np.ones(len(rows), dtype=bool), rows)
        self.log.meet(rows, length, self.spent[rows])
