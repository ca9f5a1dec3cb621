"""Differences of means between two audits, cell by cell: the same samples and directions.

A cell is what one sample shows along one direction, both ways of it taken together. The
differences of cells are means of values in [-1, 1], and have the intervals of such.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from robaudit.record.findings import Findings
from robaudit.search.rays import NONE, Rays
from robaudit.stats.bounded import CHANGES, intervals, p_values, widest_change
from robaudit.stats.cells import Cells
from robaudit.stats.means import Means, class_means, mean_over_classes
from robaudit.stats.paired import Difference
from robaudit.types import BoolArray, FloatArray, IntArray

OfRays = Callable[[Rays], FloatArray]
"""A value in [0, 1] of each ray of a block: (n,)."""

Blocks = Iterator[tuple[IntArray, IntArray, FloatArray]]
"""Samples (n,) of each block, and the direction and value of their cells (n, k)."""


@dataclass(frozen=True)
class PairedMean:
    """A mean over classes, each of which weighs the same, before and after, and its difference."""

    before: float
    after: float
    difference: Difference


@dataclass(frozen=True)
class PairedCells:
    """Differences of the cells of a figure, in units of which one is ``scale``.

    ``before`` and ``after`` (S,) are the figure of each sample, in the figure's own unit.
    """

    cells: Cells
    before: FloatArray
    after: FloatArray
    scale: float

    def overall(self, error: float = 0.05) -> PairedMean:
        """Compare the means over classes; the interval misses with a chance of ``error``."""
        (found,) = self._differences(mean_over_classes(self.cells), error)
        return PairedMean(self._over_classes(self.before), self._over_classes(self.after), found)

    def of_classes(self, error: float = 0.05) -> list[PairedMean]:
        """Compare the mean of each class: NaN for one without samples."""
        group, sizes = self.cells.group, self.cells.sizes
        with np.errstate(invalid="ignore"):
            before, after = (
                np.bincount(group, values, len(sizes)) / sizes
                for values in (self.before, self.after)
            )
        found = self._differences(class_means(self.cells), error)
        return list(map(PairedMean, before.tolist(), after.tolist(), found))

    def _over_classes(self, values: FloatArray) -> float:
        sizes = self.cells.sizes
        there = sizes > 0
        sums = np.bincount(self.cells.group, values, len(sizes))
        return float((sums[there] / sizes[there]).mean())

    def _differences(self, means: Means, error: float) -> list[Difference]:
        unseen = widest_change(self.cells.means)
        found = intervals(means, CHANGES, error, unseen=unseen, scale=self.scale)
        chances = np.atleast_1d(p_values(means, 0.0, CHANGES, unseen)).tolist()
        return [
            Difference(
                np.nan if one.value is None else one.value,
                one.low,
                one.high,
                None if one.low is None else chance,
            )
            for one, chance in zip(found, chances, strict=True)
        ]


def paired_margins(
    before: Findings, after: Findings, group: IntArray, members: BoolArray
) -> PairedCells:
    """Compare mean margins of some samples: ``members`` marks them, ``group`` has classes, (S,)."""
    reach = before.plan.reach
    cells = _cells(_changes(before, after, _shares_of_reach), before, group, members)
    one, other = (findings.tally.restricted[members] for findings in (before, after))
    return PairedCells(cells, one, other, reach)


def paired_crossings(
    before: Findings, after: Findings, group: IntArray, members: BoolArray
) -> PairedCells:
    """Compare crossing rates of some samples; see `paired_margins`."""
    cells = _cells(_changes(before, after, _crossed), before, group, members)
    one, other = (findings.tally.crossed_share[members] for findings in (before, after))
    return PairedCells(cells, one, other, 1.0)


def margin_cells(findings: Findings, group: IntArray, members: BoolArray) -> Cells:
    """Give the cells of one audit whose differences `paired_margins` compares."""
    return _cells(_own(findings, _shares_of_reach), findings, group, members)


def crossing_cells(findings: Findings, group: IntArray, members: BoolArray) -> Cells:
    """Give the cells of one audit whose differences `paired_crossings` compares."""
    return _cells(_own(findings, _crossed), findings, group, members)


def _shares_of_reach(block: Rays) -> FloatArray:
    reach = block.plan.reach
    return np.asarray(np.minimum(block.distance, reach) / reach)


def _crossed(block: Rays) -> FloatArray:
    return np.asarray(block.step != NONE, dtype=np.float64)


def _cells(blocks: Blocks, of: Findings, group: IntArray, members: BoolArray) -> Cells:
    """Sum cells, block by block."""
    plan, classes = of.plan, max(of.classes, int(group.max()) + 1)
    sums, counts = np.zeros((2, classes, plan.directions))
    squares, means = np.zeros(classes), [np.zeros(0)]
    for sample, direction, change in blocks:
        kept = members[sample]
        own, along = group[sample[kept]], change[kept]
        place = (own[:, np.newaxis], direction[kept])
        np.add.at(sums, place, along)
        np.add.at(counts, place, 1)
        np.add.at(squares, own, (along**2).sum(axis=1))
        means.append(along.mean(axis=1))
    return Cells(
        group=group[members],
        means=np.concatenate(means),
        sums=sums,
        counts=counts.astype(np.int64),
        squares=squares,
        each=plan.directions_of_each,
    )


def _changes(before: Findings, after: Findings, of_rays: OfRays) -> Blocks:
    for one, other in zip(before.rays.blocks(), after.rays.blocks(), strict=True):
        yield _table(one, of_rays(other) - of_rays(one))


def _own(findings: Findings, of_rays: OfRays) -> Blocks:
    for block in findings.rays.blocks():
        yield _table(block, of_rays(block))


def _table(block: Rays, values: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Give the samples (n,) of a block, and the direction and value of their cells (n, k)."""
    table = (-1, block.plan.directions_of_each, block.plan.signs)
    sample = block.sample.reshape(table)[:, 0, 0]
    return sample, block.direction.reshape(table)[:, :, 0], values.reshape(table).mean(axis=2)
