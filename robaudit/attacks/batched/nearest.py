"""The nearest example that was met on the way, and drawing it in to the boundary."""

import numpy as np

from robaudit.attacks.batched.asking import Asked
from robaudit.attacks.batched.norms import l2_length
from robaudit.types import BoolArray, FloatArray, IntArray

HALVINGS = 12
"""What is left of the way to an example after so many is a four-thousandth."""


class Nearest:
    """The shortest change so far (n, D) that leaves the class, and its length: (n,).

    Lengths are infinite, and changes 0, where none has been found.
    """

    def __init__(self, x: FloatArray) -> None:
        self.change = np.zeros_like(x)
        self.length = np.full(len(x), np.inf)

    @property
    def found(self) -> BoolArray:
        """Mark the samples that have one: (n,)."""
        return np.asarray(np.isfinite(self.length))

    def meet(self, change: FloatArray, length: FloatArray, left: BoolArray) -> None:
        """Keep the changes that leave the class, where they are shorter."""
        better = left & (length < self.length)
        self.change[better] = change[better]
        self.length[better] = length[better]


def drawn_in(asked: Asked, x: FloatArray, y: IntArray, change: FloatArray) -> FloatArray:
    """Bisect the way from x (n, D) to x + change: (n, D), still of another class than y (n,).

    Changes of length 0 stay as they are.
    """
    rows = np.flatnonzero(l2_length(change))
    inside, outside = np.zeros(len(rows)), np.ones(len(rows))
    for _ in range(HALVINGS if len(rows) else 0):
        middle = (inside + outside) / 2
        left = asked.leads(x[rows] + _scaled(change[rows], middle), y[rows]).left
        inside, outside = np.where(left, inside, middle), np.where(left, middle, outside)
    drawn = change.copy()
    drawn[rows] = _scaled(change[rows], outside)
    return drawn


def _scaled(change: FloatArray, share: FloatArray) -> FloatArray:
    return change * share[:, None].astype(change.dtype)
