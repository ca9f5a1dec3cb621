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
from robaudit.types import FloatArray, IntArray


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

    def parts(self) -> tuple[FloatArray, ...]:
        """Give the fields in their order."""
        return tuple(getattr(self, one.name) for one in fields(self))


def class_means(cells: Cells) -> Means:
    """Estimate the mean of each class: (C,), NaN where it has no sample."""
    sizes, centre, around, along, overlap = _parts(cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_samples = around / (sizes - 1) / sizes
        along /= (sizes * cells.each)[:, np.newaxis]
        overlap /= (sizes * cells.each) ** 2
    shared, of_directions = _of_directions(along, overlap)
    freedom = np.maximum(sizes - 1, 0)
    return Means(
        centre,
        of_samples,
        of_directions,
        _freedom(of_samples, freedom, shared, of_directions, cells.sums.shape[1]),
        sizes.astype(np.float64),
    )


def mean_over_classes(cells: Cells) -> Means:
    """Estimate the mean of the means of the classes that have samples: one number.

    A class of a single sample shows no spread. Such classes are taken together, around
    their own mean: that counts the differences between them too, and so also stands for
    classes that are themselves drawn, where there are more of them than samples.
    """
    sizes, centre, around, along, overlap = _parts(cells)
    there, lone = sizes > 0, sizes == 1
    classes = there.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(sizes > 1, around / (sizes - 1) / sizes, 0.0)
        weight = np.where(there, 1 / (sizes * classes), 0.0)
    of_samples = parts.sum() / classes**2
    freedom = (np.maximum(sizes, 1) - 1).sum()
    if lone.sum() > 1:
        of_samples += np.var(centre[lone], ddof=1) * lone.sum() / classes**2
        freedom += lone.sum() - 1
    elif lone.any():
        # A class of one sample is taken to vary like a sample of the others.
        of_samples *= classes / (classes - 1) if classes > 1 else np.nan
    scaled = weight / cells.each
    shared, of_directions = _of_directions(scaled @ along, np.asarray(scaled**2 @ overlap))
    return Means(
        np.asarray(centre[there].mean()),
        np.asarray(of_samples),
        of_directions,
        _freedom(of_samples, np.asarray(freedom), shared, of_directions, cells.sums.shape[1]),
        np.asarray(1 / (weight**2 @ sizes)),
    )


def _parts(cells: Cells) -> tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give sizes (C,), means (C,), squares around them (C,), sums along (C, P), overlap (C,).

    The sums along directions are of cells less the mean of their class. What they owe to
    samples and to single cells, the variance of the samples' means has already: that overlap
    is what of a sample's deviation chance leaves along a direction (nothing where all samples
    have all directions), and the squares of cells around the mean of their sample.
    """
    sizes, each, pool = cells.sizes, cells.each, cells.sums.shape[1]
    count = len(sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.bincount(cells.group, cells.means, count) / sizes
    around = np.bincount(cells.group, (cells.means - centre[cells.group]) ** 2, count)
    along = cells.sums - cells.counts * np.where(sizes > 0, centre, 0.0)[:, np.newaxis]
    own = np.bincount(cells.group, cells.means**2, count)
    within = np.maximum(cells.squares - each * own, 0.0) * (each / max(1, each - 1))
    overlap = np.asarray(within + each * (1 - each / pool) * around)
    return sizes, centre, np.asarray(around, dtype=np.float64), along, overlap


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
