"""What rays add up to along each direction: how much of a figure hangs on those that were drawn.

A cell is what one sample shows along one direction, both ways of it taken together.
"""

from dataclasses import dataclass, replace

import numpy as np

from robaudit.search.plan import SearchPlan
from robaudit.search.rays import MISCLASSIFIED, NONE, Rays
from robaudit.stats.cells import Cells
from robaudit.stats.means import Means, weighted_mean
from robaudit.types import FloatArray, IntArray

_MOST_PAIRS = 2**22
"""More pairs of classes than this along all directions would take too much memory."""


@dataclass(frozen=True)
class Along:
    """Counts and sums of cells by class and direction, (C, P), and of their squares, (C,).

    ``right`` and ``wrong`` count the cells of samples that are in their reference class to
    begin with, and of the others. Of the right ones ``margins`` sums min(margin, reach) /
    reach, and ``crossings`` the share of ways that crossed; of the others that is 0, and 1.
    ``endings`` sums the share of ways that ended in each class, whatever they started from;
    there a cell weighs as in a mean in which all classes weigh the same. ``pair_margins``
    and ``pair_counts`` are of rays by direction and pair of classes, both (P, C * C), or
    empty where that is too many.
    """

    plan: SearchPlan
    right: IntArray
    wrong: IntArray
    margins: FloatArray
    crossings: FloatArray
    endings: FloatArray
    squared_margins: FloatArray
    squared_crossings: FloatArray
    squared_endings: FloatArray
    pair_margins: FloatArray
    pair_counts: IntArray

    def right_at_start(self) -> "Along":
        """Leave out the samples that are misclassified to begin with, and where rays end."""
        unknown = np.full_like(self.endings, np.nan), np.full_like(self.squared_endings, np.nan)
        return replace(
            self,
            wrong=np.zeros_like(self.wrong),
            endings=unknown[0],
            squared_endings=unknown[1],
            pair_margins=self.pair_margins[:0],
            pair_counts=self.pair_counts[:0],
        )

    def margin_cells(self, origin: IntArray, restricted: FloatArray) -> Cells:
        """Give the cells of margins as shares of the reach.

        ``origin`` and ``restricted`` (S,) are classes and mean margins, in RMS, of the samples.
        """
        return Cells(
            group=origin,
            means=restricted / self.plan.reach,
            sums=self.margins,
            counts=self.right + self.wrong,
            squares=self.squared_margins,
            each=self.plan.directions_of_each,
        )

    def crossing_cells(self, origin: IntArray, crossed_share: FloatArray) -> Cells:
        """Give the cells of crossing rates; ``crossed_share`` (S,) is that of each sample."""
        return Cells(
            group=origin,
            means=crossed_share,
            sums=self.crossings + self.wrong,
            counts=self.right + self.wrong,
            squares=self.squared_crossings + self.wrong.sum(axis=1),
            each=self.plan.directions_of_each,
        )

    def ending_share(self, index: int, origin: IntArray, shares: FloatArray) -> Means:
        """Estimate the share of rays that end in a class, of each sample ``shares`` (S,)."""
        counts, each = self.right + self.wrong, self.plan.directions_of_each
        squared = float(self.squared_endings[index])
        return weighted_mean(shares, origin, self.endings[index], squared, counts, each)

    def add(self, block: Rays, weights: FloatArray) -> None:
        """Add the rays of a block; ``weights`` (C,) are those of a sample of each class."""
        plan, signs = self.plan, self.plan.signs
        origin, direction = block.origin[::signs], block.direction[::signs]
        wrong = block.step[::signs] == MISCLASSIFIED
        right = ~wrong
        margins = np.minimum(block.distance, plan.reach).reshape(-1, signs).mean(axis=1)
        margins /= plan.reach
        crossings = (block.step != NONE).reshape(-1, signs).mean(axis=1)
        np.add.at(self.wrong, (origin[wrong], direction[wrong]), 1)
        np.add.at(self.right, (origin[right], direction[right]), 1)
        np.add.at(self.margins, (origin, direction), margins)
        np.add.at(self.crossings, (origin[right], direction[right]), crossings[right])
        np.add.at(self.squared_margins, origin, margins**2)
        np.add.at(self.squared_crossings, origin[right], crossings[right] ** 2)
        self._add_endings(block, weights)
        if len(self.pair_counts):
            crossed = np.flatnonzero(block.adjacent != NONE)
            pair = (
                block.origin[crossed].astype(np.int64) * len(self.right) + block.adjacent[crossed]
            )
            place = (block.direction[crossed], pair)
            np.add.at(self.pair_margins, place, block.distance[crossed])
            np.add.at(self.pair_counts, place, 1)

    def _add_endings(self, block: Rays, weights: FloatArray) -> None:
        signs = self.plan.signs
        ended = block.adjacent.reshape(-1, signs)
        # Both ways into one class make a cell of 1, whose square is that of two halves twice.
        alike = np.repeat((ended == ended[:, :1]).all(axis=1), signs)
        crossed = block.adjacent != NONE
        into, along = block.adjacent[crossed], block.direction[crossed]
        weight = weights[block.origin[crossed]] / self.plan.directions_of_each
        np.add.at(self.endings, (into, along), weight / signs)
        times = np.where(alike[crossed], 1.0, 1 / signs)
        np.add.at(self.squared_endings, into, weight**2 * times / signs)


def nothing_along(plan: SearchPlan, classes: int) -> Along:
    """Make sums over no rays at all, to add to."""
    table, row = (classes, plan.directions), (classes,)
    few = plan.directions * classes**2 <= _MOST_PAIRS
    pairs = (plan.directions if few else 0, classes**2)
    return Along(
        plan=plan,
        right=np.zeros(table, dtype=np.int64),
        wrong=np.zeros(table, dtype=np.int64),
        margins=np.zeros(table),
        crossings=np.zeros(table),
        endings=np.zeros(table),
        squared_margins=np.zeros(row),
        squared_crossings=np.zeros(row),
        squared_endings=np.zeros(row),
        pair_margins=np.zeros(pairs),
        pair_counts=np.zeros(pairs, dtype=np.int64),
    )
