"""The nearest example that was met on the way, and drawing it in to the boundary."""

import numpy as np

from robaudit.attacks.batched.asking import Asked
from robaudit.attacks.batched.norms import l2_length
from robaudit.types import BoolArray, FloatArray, IntArray

HALVINGS = 12
"""What is left of the way to an example after so many is a four-thousandth."""
_BEYOND = 1.01


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

    def meet(
        self,
        change: FloatArray,
        length: FloatArray,
        left: BoolArray,
        rows: IntArray | slice = slice(None),
    ) -> None:
        """Keep the changes of samples at ``rows`` that leave the class, where they are shorter."""
        better = left & (length < self.length[rows])
        kept = np.arange(len(self.length))[rows][better]
        self.change[kept], self.length[kept] = change[better], length[better]


def drawn_in(asked: Asked, x: FloatArray, y: IntArray, change: FloatArray) -> FloatArray:
    """Bisect the way from x (n, D) to x + change: (n, D), still of another class than y (n,).

    Changes of length 0 stay as they are. What an attack met by the scores of a twin is looked
    for a little beyond, where ``predict`` does not see it yet.
    """
    rows = np.flatnonzero(l2_length(change))
    drawn, own, along, classes = change.copy(), x[rows], change[rows], y[rows]
    if not len(rows):
        return drawn

    def leaves(share: FloatArray) -> BoolArray:
        return asked.leads(own + _scaled(own, along, share), classes).left

    inside, outside = np.zeros(len(rows)), np.ones(len(rows))
    outside = np.where(leaves(outside), outside, _BEYOND)
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        left = leaves(middle)
        inside, outside = np.where(left, inside, middle), np.where(left, middle, outside)
    drawn[rows] = _scaled(own, along, outside)
    return drawn


def _scaled(x: FloatArray, change: FloatArray, share: FloatArray) -> FloatArray:
    """Take a share (n,) of changes from x (n, D), within 0..1."""
    return np.clip(x + change * share[:, None].astype(change.dtype), 0, 1) - x
