"""What attacks draw: each sample from a stream of its own, so that no other sample matters.

A start that is drawn for a whole batch is another one in another batch, and with it the figure.
"""

from dataclasses import dataclass, replace

import numpy as np

from robaudit.stats.randomness import Stream, generator
from robaudit.types import FloatArray, IntArray

_OF_EACH, _OF_ALL = 0, 1


@dataclass(frozen=True)
class Chance:
    """The random numbers of some samples: ``rows`` (n,) are theirs in the data.

    A sample's numbers follow from ``seed`` and its row alone, whatever else is attacked,
    in whatever order.
    """

    seed: int
    rows: IntArray
    part: int = 0

    def take(self, places: IntArray) -> "Chance":
        """Take that of some of the samples, by their places."""
        return replace(self, rows=self.rows[places])

    def again(self, part: int) -> "Chance":
        """Give other numbers of the same samples: those of one restart, of one target."""
        return replace(self, part=part)

    def of_each(self) -> list[np.random.Generator]:
        """Make a generator for each sample, at its beginning."""
        of_attacks = (self.seed, Stream.ATTACKS, _OF_EACH)
        return [generator(*of_attacks, int(row), self.part) for row in self.rows]

    def of_all(self) -> np.random.Generator:
        """Make one for all samples together, as libraries draw: these are to be the same ones."""
        first = int(self.rows[0]) if len(self.rows) else 0
        return generator(self.seed, Stream.ATTACKS, _OF_ALL, first, self.part)

    def uniform(self, size: float | FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """Draw numbers of -size..size, which is one number, or one for each (n,): (n, *shape)."""
        sizes = np.broadcast_to(size, len(self.rows))
        drawn = (
            each.uniform(-most, most, shape)
            for each, most in zip(self.of_each(), sizes, strict=True)
        )
        return _stacked(list(drawn), shape)

    def normal(self, deviation: float, shape: tuple[int, ...]) -> FloatArray:
        """Draw normal numbers: (n, *shape)."""
        return _stacked([each.normal(0, deviation, shape) for each in self.of_each()], shape)


def _stacked(drawn: list[FloatArray], shape: tuple[int, ...]) -> FloatArray:
    return np.stack(drawn) if drawn else np.zeros((0, *shape))
