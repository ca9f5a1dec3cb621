"""Inequality: whether some classes are easier to leave than others (paper, IV-A, IV-B)."""

import math
from dataclasses import dataclass

import numpy as np

from robaudit.metrics.levels import Level, levels_by_rank
from robaudit.metrics.margins import Margins
from robaudit.metrics.tally import Tally
from robaudit.search.plan import SearchPlan
from robaudit.stats.bounded import farthest_in_a_class, interval
from robaudit.stats.means import class_means, mean_over_classes
from robaudit.stats.naming import find_worst
from robaudit.stats.pairs import (
    FEW_CROSSINGS,
    MOST_UNREACHED,
    MOSTLY_UNREACHED,
    Ends,
    Left,
    class_robustness_left,
    exponential,
    jackknife_interval,
    model_robustness_left,
    unreached_share,
)
from robaudit.stats.randomness import Stream, generator
from robaudit.stats.spread import DRAWS, noise_of, smallest_interval, spread_interval
from robaudit.types import Estimate, FloatArray, IntArray

SENTENCE_ERROR = 0.05 / 3
"""The chance that a sentence names a class by mistake: a third of what a page may make."""


@dataclass(frozen=True)
class Spread:
    """How far the restricted mean margins of classes lie apart.

    ``worst_class`` has the smallest; ``alike`` are the classes that cannot be told from it,
    itself among them. ``max_min`` is the largest less the smallest.
    """

    worst_class: int
    alike: tuple[int, ...]
    worst_class_margin: Estimate
    gini: Estimate
    max_min: Estimate


@dataclass(frozen=True)
class Inequality:
    """How unequally a model treats its classes.

    ``class_robustness`` holds an estimate a class (Eq. 3); where its value is
    ``None``, ``no_robustness`` says why. ``adjacent_share`` is the share of all
    rays that end in each class, ``unreached_share`` of those that end in none
    (Table I). ``levels`` are ranks by R_i (`levels_by_rank`). ``worst_class`` has the
    smallest restricted mean margin, over which ``gini`` and ``max_min`` are computed too.
    """

    model_robustness: Estimate
    class_robustness: tuple[Estimate, ...]
    no_robustness: tuple[str | None, ...]
    adjacent_share: tuple[Estimate, ...]
    unreached_share: Estimate
    levels: tuple[Level | None, ...]
    worst_class: int
    alike: tuple[int, ...]
    worst_class_margin: Estimate
    gini: Estimate
    max_min: Estimate


def model_robustness(sums: FloatArray, counts: IntArray, reach: float) -> float:
    """R (Eq. 2): sum of mean margins over class pairs, unreached pairs at full reach.

    ``sums`` and ``counts`` (C, C) are those of a `Tally`.

    >>> model_robustness(np.array([[0, 3.0], [0, 0]]), np.array([[0, 2], [0, 0]]), reach=5.0)
    6.5
    """
    classes = len(sums)
    reached = counts > 0
    unreached_pairs = classes * (classes - 1) - int(reached.sum())
    return float((sums[reached] / counts[reached]).sum() + reach * unreached_pairs)


def class_robustness(sums: FloatArray) -> FloatArray:
    """R_i (Eq. 3): summed margins of crossings into i over those out of i, (C,).

    ``sums`` (C, C) runs from reference to adjacent class. Infinite or NaN where
    no margin leads out.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums.sum(axis=0) / sums.sum(axis=1))


def class_ranking(tally: Tally) -> list[float | None]:
    """Give what classes are ranked by: R_i, or what it tends to where it has no number.

    ``None`` for classes that were not searched. Where no margin leads out of a class,
    Eq. 3 would divide by zero. Such a class is as robust as can be if its samples are
    in it to begin with, and as vulnerable as can be if most of them are misclassified.
    """
    robustness = class_robustness(tally.sums)
    ranking: list[float | None] = [None] * len(robustness)
    for i in np.unique(tally.origin).tolist():
        misclassified = tally.crossed_share[tally.origin == i].mean()
        if tally.sums[i].sum() > 0:
            ranking[i] = float(robustness[i])
        else:
            ranking[i] = -1.0 if misclassified > 0.5 else float("inf")
    return ranking


def gini(values: FloatArray) -> FloatArray:
    """Gini coefficient over the last axis: (..., n) -> (...); 0 where all are 0.

    >>> float(gini(np.array([1.0, 1.0, 1.0])))
    0.0
    """
    count = values.shape[-1]
    ordered = np.sort(values, axis=-1)
    total = ordered.sum(axis=-1)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    share = (ordered @ ranks) / (count * np.where(total > 0, total, 1.0))
    return np.asarray(np.maximum(share, 0.0))  # equal values may sum to a hair below 0


def measure_inequality(margins: Margins, plan: SearchPlan) -> Inequality:
    """Measure the inequality of a search's margins."""
    tally, reach = margins.tally, plan.reach
    classes = len(tally.sums)
    robustness = class_robustness(tally.sums)
    reasons = tuple(no_robustness(tally, i) for i in range(classes))
    ratios = robustness.tolist()
    spread = measure_spread(margins, plan)
    return Inequality(
        model_robustness=_model_robustness(tally, reach),
        class_robustness=tuple(
            Estimate(None, None, None) if reasons[i] else _class_robustness(tally, i, ratios[i])
            for i in range(classes)
        ),
        no_robustness=reasons,
        adjacent_share=tuple(_ending_share(tally, i) for i in range(classes)),
        unreached_share=_complement(margins.crossing_rate),
        levels=levels_by_rank([None if why else r for r, why in zip(ratios, reasons, strict=True)]),
        worst_class=spread.worst_class,
        alike=spread.alike,
        worst_class_margin=spread.worst_class_margin,
        gini=spread.gini,
        max_min=spread.max_min,
    )


def measure_spread(margins: Margins, plan: SearchPlan, error: float = 0.05) -> Spread:
    """Measure how far the restricted mean margins of classes lie apart.

    Each interval misses with a chance of ``error``.
    """
    cells = margins.tally.margin_cells
    searched = np.flatnonzero(cells.sizes)
    means = class_means(cells).take(searched)
    common = float(mean_over_classes(cells).of_directions)
    draws = math.ceil(DRAWS * 0.05 / error)  # as many of them beyond the ends
    noise = noise_of(means, common, generator(plan.seed, Stream.BOOTSTRAP), draws)
    worst = find_worst(means, error=SENTENCE_ERROR)
    return Spread(
        worst_class=int(searched[worst.index]),
        alike=tuple(searched[worst.alike].tolist()),
        worst_class_margin=smallest_interval(means, noise, error, scale=plan.reach),
        gini=spread_interval(gini, means, noise, error),
        max_min=spread_interval(
            lambda of: np.ptp(of, axis=-1), means, noise, error, scale=plan.reach
        ),
    )


def no_robustness(tally: Tally, class_index: int) -> str | None:
    """Say why a class has no R_i, or ``None`` where it has."""
    if tally.sums[class_index].sum() > 0:
        return None
    if class_index not in tally.origin:
        return "no sample of this class was searched"
    if tally.counts[class_index].any():
        return "its only crossings are those of misclassified samples, of margin 0"
    return "no ray crossed out of this class within reach"


def _ending_share(tally: Tally, index: int) -> Estimate:
    shares = _adjacent_share(tally, index)
    unseen = farthest_in_a_class(shares, tally.origin)
    return interval(tally.along.ending_share(index, tally.origin, shares), unseen=unseen)


def robustness_left(tally: Tally, reach: float) -> Left:
    """Give R, and how it changes as each sample, and each direction, is left out."""
    along = tally.along
    kept = (along.pair_margins, along.pair_counts) if len(along.pair_counts) else ()
    return model_robustness_left(_ends(tally), len(tally.sums), reach, *kept)


def class_left(tally: Tally, index: int) -> Left | None:
    """Give log R_i, and how it changes as each sample is left out; ``None`` for too few."""
    return class_robustness_left(_ends(tally), index)


def _model_robustness(tally: Tally, reach: float) -> Estimate:
    """Estimate R; there is no interval where most pairs of classes were never reached."""
    if unreached_share(_ends(tally), len(tally.sums)) > MOST_UNREACHED:
        value = model_robustness(tally.sums, tally.counts, reach)
        return Estimate(value, None, None, reason=MOSTLY_UNREACHED)
    return jackknife_interval(robustness_left(tally, reach), tally.origin)


def _class_robustness(tally: Tally, index: int, value: float) -> Estimate:
    left = class_left(tally, index)
    if left is None:
        return Estimate(value, None, None, reason=FEW_CROSSINGS)
    return exponential(jackknife_interval(left, tally.origin))


def _ends(tally: Tally) -> Ends:
    of = tally.endpoints
    return Ends(of.sample, of.adjacent, of.count, of.margin, tally.origin)


def _adjacent_share(tally: Tally, class_index: int) -> FloatArray:
    """Share of each sample's rays that end in a class: (S,)."""
    ending, samples = tally.endpoints.adjacent == class_index, len(tally.origin)
    share = np.zeros(samples)
    share[tally.endpoints.sample[ending]] = tally.endpoints.count[ending] * (samples / tally.rays)
    return share


def _complement(share: Estimate) -> Estimate:
    value, low, high = share.value, share.low, share.high
    return Estimate(
        None if value is None else 1 - value,
        None if high is None else 1 - high,
        None if low is None else 1 - low,
    )
