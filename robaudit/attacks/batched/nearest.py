"""The nearest example that was met on the way, and drawing it in to the boundary."""

import numpy as np

from robaudit.attacks.batched.asking import Asked, Leads
from robaudit.attacks.batched.closing_in import closed_in
from robaudit.attacks.batched.norms import l2_length
from robaudit.types import BoolArray, FloatArray, IntArray


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
    """Draw x (n, D) + change in to the boundary: (n, D), still of another class than y (n,).

    Changes of length 0 stay as they are.
    """
    rows = np.flatnonzero(l2_length(change))
    drawn, own, along, classes = change.copy(), x[rows], change[rows], y[rows]

    def leads(ways: IntArray, share: FloatArray) -> Leads:
        return asked.leads(own[ways] + _scaled(own[ways], along[ways], share), classes[ways])

    if len(rows):
        drawn[rows] = _scaled(own, along, closed_in(leads, len(rows)))
    return drawn


def _scaled(x: FloatArray, change: FloatArray, share: FloatArray) -> FloatArray:
    """Take a share (n,) of changes from x (n, D), within 0..1."""
    return np.clip(x + change * share[:, None].astype(change.dtype), 0, 1) - x
