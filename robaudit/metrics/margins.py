"""Margins: how far samples lie from the decision boundary (paper, Eq. 1).

The mean margin matrix sees only rays that crossed: as a model improves, its
margins leave the matrix. Crossing rates, restricted mean margins and the curves
of rays not yet crossed count every ray, and are what models are compared by.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.metrics.tally import Tally
from robaudit.search.plan import SearchPlan
from robaudit.stats.bounded import interval, intervals, least_seen
from robaudit.stats.means import class_means, mean_over_classes
from robaudit.types import Estimate, FloatArray, IntArray


@dataclass(frozen=True)
class ClassMargins:
    """The margins of the samples of one class.

    ``not_crossed`` (steps + 1,) is the share of the class's rays not yet crossed
    at each multiple of the step, from 0 to the reach.
    """

    class_index: int
    samples: int
    rays: int
    crossing_rate: Estimate
    restricted_mean: Estimate
    not_crossed: FloatArray


@dataclass(frozen=True)
class ClassCenter:
    """The sample of a class with the largest mean margin (paper, Table II)."""

    class_index: int
    sample: int
    mean_margin: float


@dataclass(frozen=True)
class Margins:
    """The margins of a model, in RMS units.

    ``tally`` holds what they are computed from. ``not_crossed`` is the mean of the
    curves of classes. ``realised_share`` is the mean of realised over nominal distance at
    crossings, ``None`` without any.
    """

    tally: Tally
    crossing_rate: Estimate
    restricted_mean: Estimate
    not_crossed: FloatArray
    per_class: tuple[ClassMargins, ...]
    centers: tuple[ClassCenter, ...]
    realised_share: float | None

    @property
    def mean_matrix(self) -> FloatArray:
        """Mean margin matrix (Eq. 1): (C, C), NaN where nothing crossed."""
        with np.errstate(invalid="ignore"):
            return self.tally.sums / self.tally.counts


def not_crossed_curve(crossings: IntArray, rays: int) -> FloatArray:
    """Share of rays not yet crossed at step 0 .. steps: (steps + 1,).

    ``crossings`` (steps + 1,) counts those of ``rays`` that cross at each step.

    >>> not_crossed_curve(np.array([1, 0, 2, 0]), rays=4)
    array([0.75, 0.75, 0.25, 0.25])
    """
    return np.asarray(1 - np.cumsum(crossings) / rays)


def measure_margins(tally: Tally, plan: SearchPlan, error: float = 0.05) -> Margins:
    """Measure all margins of a search: means over classes, each of which weighs the same.

    Each interval misses with a chance of ``error``.
    """
    restricted, margins, crossings = tally.restricted, tally.margin_cells, tally.crossing_cells
    rates = intervals(class_means(crossings), error=error)
    means = intervals(class_means(margins), error=error, scale=plan.reach)
    per_class, centers = [], []
    for class_index, crossed in enumerate(tally.crossings):
        members = np.flatnonzero(tally.origin == class_index)
        if not len(members):
            continue
        rays = len(members) * plan.rays_per_sample
        per_class.append(
            ClassMargins(
                class_index=class_index,
                samples=len(members),
                rays=rays,
                crossing_rate=rates[class_index],
                restricted_mean=means[class_index],
                not_crossed=not_crossed_curve(crossed, rays),
            )
        )
        center = int(members[restricted[members].argmax()])
        centers.append(ClassCenter(class_index, center, float(restricted[center])))
    return Margins(
        tally=tally,
        crossing_rate=interval(
            mean_over_classes(crossings), error=error, unseen=least_seen(tally.crossed_share)
        ),
        restricted_mean=interval(mean_over_classes(margins), error=error, scale=plan.reach),
        not_crossed=np.mean([of_class.not_crossed for of_class in per_class], axis=0),
        per_class=tuple(per_class),
        centers=tuple(centers),
        realised_share=tally.realised_share,
    )
