"""Margins: how far samples lie from the decision boundary (paper, Eq. 1).

The mean margin matrix sees only rays that crossed: as a model improves, its
margins leave the matrix. Crossing rates, restricted mean margins and the curves
of rays not yet crossed count every ray, and are what models are compared by.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.plan import SearchPlan
from robaudit.rays import NONE, Rays
from robaudit.types import Estimate, FloatArray, IntArray
from robaudit.uncertainty import mean_interval


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

    ``sums`` and ``counts`` (C, C) run from reference class to adjacent class.
    ``crossed_share`` and ``restricted`` (S,) are per sample: the share of its
    rays that crossed, and its mean of min(margin, reach). ``not_crossed`` is the
    curve over all rays. ``realised_share`` is the mean of realised over nominal
    distance at crossings, ``None`` without any.
    """

    sums: FloatArray
    counts: IntArray
    crossed_share: FloatArray
    restricted: FloatArray
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
            return self.sums / self.counts


def margin_sums(rays: Rays, classes: int) -> tuple[FloatArray, IntArray]:
    """Sum and count margins by reference and adjacent class: two (C, C) (Eq. 1)."""
    crossed = rays.adjacent != NONE
    pair = rays.origin[crossed].astype(np.int64) * classes + rays.adjacent[crossed]
    sums = np.bincount(pair, rays.distance[crossed], minlength=classes**2).astype(np.float64)
    counts = np.bincount(pair, minlength=classes**2)
    return sums.reshape(classes, classes), counts.reshape(classes, classes)


def not_crossed_curve(step: IntArray, steps: int) -> FloatArray:
    """Share of rays not yet crossed at step 0 .. ``steps``: (steps + 1,).

    >>> not_crossed_curve(np.array([0, 2, 2, NONE]), steps=3)
    array([0.75, 0.75, 0.25, 0.25])
    """
    crossings = np.bincount(step[step != NONE], minlength=steps + 1)
    return np.asarray(1 - np.cumsum(crossings) / len(step))


def measure_margins(
    rays: Rays, origin: IntArray, classes: int, plan: SearchPlan, weights: FloatArray
) -> Margins:
    """Measure all margins of a search.

    ``origin`` (S,) is the reference class of each sample, ``weights`` (1000, S)
    its bootstrap weights.
    """
    sums, counts = margin_sums(rays, classes)
    by_sample = rays.step.reshape(len(origin), plan.rays_per_sample)
    crossed_share = (by_sample != NONE).mean(axis=1)
    margin = np.minimum(rays.distance, plan.reach).reshape(by_sample.shape)
    restricted = margin.mean(axis=1)
    per_class, centers = [], []
    for class_index in range(classes):
        members = np.flatnonzero(origin == class_index)
        if not len(members):
            continue
        some = weights[:, members]
        per_class.append(
            ClassMargins(
                class_index=class_index,
                samples=len(members),
                rays=len(members) * plan.rays_per_sample,
                crossing_rate=mean_interval(crossed_share[members], some, 1.0),
                restricted_mean=mean_interval(restricted[members], some, plan.reach),
                not_crossed=not_crossed_curve(by_sample[members].ravel(), plan.steps),
            )
        )
        center = int(members[restricted[members].argmax()])
        centers.append(ClassCenter(class_index, center, float(restricted[center])))
    walked = rays.step > 0
    share = float((rays.realised[walked] / rays.distance[walked]).mean()) if walked.any() else None
    return Margins(
        sums=sums,
        counts=counts,
        crossed_share=crossed_share,
        restricted=restricted,
        crossing_rate=mean_interval(crossed_share, weights, 1.0),
        restricted_mean=mean_interval(restricted, weights, plan.reach),
        not_crossed=not_crossed_curve(rays.step, plan.steps),
        per_class=tuple(per_class),
        centers=tuple(centers),
        realised_share=share,
    )
