"""Means over samples and directions as both were drawn, and how far off they may be.

What is estimated is the mean over the population that the data are drawn from, each class
weighing the same, and over directions drawn anew. Its variance has a part of the samples,
which are drawn within their classes, and one of the directions, which samples share:
two-way clustering (Cameron, Gelbach and Miller, Journal of Business and Economic
Statistics 29, 2011; Owen, Annals of Applied Statistics 1, 2007).
"""

from dataclasses import dataclass, fields

import numpy as np

from robaudit.stats.cells import Cells
from robaudit.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Means:
    """Means, any number of them (...), and what their intervals follow from.

    ``of_samples`` and ``of_directions`` are the two parts of the variance, ``freedom`` its
    degrees of freedom (Satterthwaite, Biometrics Bulletin 2, 1946), 0 where one sample or
    one direction tells nothing of how they differ, and ``samples`` how many samples of equal
    weight the mean is worth.
    """

    value: FloatArray
    of_samples: FloatArray
    of_directions: FloatArray
    freedom: FloatArray
    samples: FloatArray

    @property
    def variance(self) -> FloatArray:
        """Squared standard errors: (...)."""
        return self.of_samples + self.of_directions

    def take(self, where: IntArray | BoolArray) -> "Means":
        """Take some of them (n,), by their places or marks: those of classes that have samples."""
        return Means(*(part[where] for part in self.parts()))

    def parts(self) -> tuple[FloatArray, ...]:
        """Give the fields in their order."""
        return tuple(getattr(self, one.name) for one in fields(self))


def class_means(cells: Cells) -> Means:
    """Estimate the mean of each class: (C,), NaN where it has no sample.

    What sums along directions owe to samples and to single cells, the variance of the samples'
    means has already: the squares of cells around the mean of their sample, and what of a
    sample's deviation chance leaves along a direction, nothing where all are shared.
    """
    sizes, each = cells.sizes, cells.each
    count, pool = cells.counts.shape
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.bincount(cells.group, cells.means, count) / sizes
        around = np.bincount(cells.group, (cells.means - centre[cells.group]) ** 2, count)
        of_samples = around / (sizes - 1) / sizes
        along = (cells.sums - cells.counts * centre[:, np.newaxis]) / (sizes * each)[:, np.newaxis]
        own = np.bincount(cells.group, cells.means**2, count)
        within = np.maximum(cells.squares - each * own, 0.0) * (each / max(1, each - 1))
        overlap = (within + each * (1 - each / pool) * around) / (sizes * each) ** 2
    shared, of_directions = _of_directions(along, overlap)
    freedom = np.maximum(sizes - 1, 0)
    return Means(
        centre,
        of_samples,
        of_directions,
        _freedom(of_samples, freedom, shared, of_directions, pool),
        sizes.astype(np.float64),
    )


def mean_over_classes(cells: Cells) -> Means:
    """Estimate the mean of the means of the classes that have samples: one number."""
    weight = class_weights(cells.group, len(cells.squares)) / cells.each
    along, squared = weight @ cells.sums, float(weight**2 @ cells.squares)
    return weighted_mean(cells.means, cells.group, along, squared, cells.counts, cells.each)


def class_weights(group: IntArray, classes: int) -> FloatArray:
    """Give what a sample of each class weighs where all classes weigh the same: (C,).

    ``group`` (S,) is the class of each sample.
    """
    sizes = np.bincount(group, minlength=classes)
    there = sizes > 0
    return np.where(there, 1 / np.where(there, sizes * there.sum(), 1), 0.0)


def weighted_mean(
    means: FloatArray,
    group: IntArray,
    along: FloatArray,
    squared: float,
    counts: IntArray,
    each: int,
) -> Means:
    """Estimate the mean of class means from sums over weighted cells: one number.

    A cell weighs its sample's `class_weights` over ``each``, the cells of a sample. ``means``
    and ``group`` (S,) are of samples, ``along`` (P,) sums weighted cells along directions,
    ``squared`` their squares, and ``counts`` (C, P) says how many cells of a class lie along
    each. So the shares of rays that end in each of many classes need no table (C, C, P).

    A class of a single sample shows no spread. Such classes are taken together, around
    their own mean: that counts the differences between them too, and so also stands for
    classes that are themselves drawn, where there are more of them than samples.
    """
    classes, pool = counts.shape
    weight, sizes = class_weights(group, classes), np.bincount(group, minlength=classes)
    there, lone = sizes > 0, sizes == 1
    centre = np.bincount(group, means, classes) / np.maximum(sizes, 1)
    around = np.bincount(group, (means - centre[group]) ** 2, classes)
    of_samples = float((around * weight**2 * sizes / np.maximum(sizes - 1, 1)).sum())
    freedom = int((sizes[there] - 1).sum())
    if lone.sum() > 1:
        of_samples += float(np.var(centre[lone], ddof=1) * lone.sum()) / int(there.sum()) ** 2
        freedom += int(lone.sum()) - 1
    elif lone.any() and there.sum() > 1:
        # A class of one sample is taken to vary like the other classes.
        of_samples *= there.sum() / (there.sum() - 1)
    deviation = along - (weight * centre / each) @ counts
    own = float((weight[group] ** 2 * means**2).sum()) / each
    within = max(0.0, squared - own) * (each / max(1, each - 1))
    overlap = within + (1 - each / pool) * float(weight**2 @ around) / each
    shared, of_directions = _of_directions(deviation, np.asarray(overlap))
    found = np.asarray(of_samples)
    return Means(
        np.asarray(centre[there].mean()),
        found,
        of_directions,
        _freedom(found, np.asarray(freedom), shared, of_directions, pool),
        np.asarray(1 / (weight**2 @ sizes)),
    )


def _of_directions(along: FloatArray, overlap: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the variance that sums along directions (..., P) show, and what of it is theirs."""
    pool = along.shape[-1]
    shared = (along**2).sum(axis=-1) * (pool / max(1, pool - 1))
    return np.asarray(shared), np.maximum(shared - overlap, 0.0)


def _freedom(
    of_samples: FloatArray,
    freedom: FloatArray,
    shared: FloatArray,
    of_directions: FloatArray,
    pool: int,
) -> FloatArray:
    """Degrees of freedom of the sum of both parts of a variance, Satterthwaite's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = of_samples**2 / freedom + np.where(of_directions > 0, shared**2, 0) / max(
            1, pool - 1
        )
        together = (of_samples + of_directions) ** 2 / squares
    together = np.maximum(together, np.minimum(freedom, max(1, pool - 1)))
    known = (freedom > 0) & (pool > 1)
    return np.asarray(np.where(known, np.where(squares > 0, together, freedom), 0.0))


def simple_mean(values: FloatArray) -> Means:
    """Give the mean of values (n,), n at least 1, of samples that were drawn as they are found."""
    count = len(values)
    variance = np.asarray(values.var(ddof=1) / count if count > 1 else 0.0)
    nothing, samples = np.asarray(0.0), np.asarray(float(count))
    return Means(np.asarray(values.mean()), variance, nothing, samples - 1, samples)
