"""Closest distances and mean margins of classes, and the classes that the two rank apart."""

from dataclasses import dataclass

import numpy as np

from robaudit.attacks.agreement.closest import Closest
from robaudit.metrics.inequality import SENTENCE_ERROR
from robaudit.stats.rank_correlation import ranks
from robaudit.stats.rank_intervals import rank_bounds
from robaudit.types import BoolArray, FloatArray, IntArray

_FEWEST_CLASSES = 3
_ERROR = SENTENCE_ERROR / 2
"""Attacks name classes here, and where they break one most: half of a sentence's error each."""


@dataclass(frozen=True)
class RightClass:
    """The distances of the samples of a class that are right at the start.

    ``attack`` and ``ray`` are medians of their distances to the nearest adversarial example
    and to the nearest crossing of a ray, as far as they were really changed; ``None`` where
    nothing was found for half of them. ``margin`` is the mean of their mean margins, as far
    as rays were walked.
    """

    samples: int
    attack: float | None
    ray: float | None
    margin: float | None


@dataclass(frozen=True)
class ClassAgreement:
    """The distances of one class.

    ``closest`` is the median of all its samples' closest distances, by any means, ``None``
    where nothing was found for half of them; ``margin`` the mean of their mean margins.
    Both are ``None`` without samples.
    """

    class_index: int
    closest: float | None
    margin: float | None
    right: RightClass


def by_class(
    closest: Closest, margin: FloatArray, origin: IntArray, right: BoolArray, classes: int
) -> tuple[ClassAgreement, ...]:
    """Give the distances of each class, from those of samples and their classes (T,).

    ``right`` (T,) marks the samples that are right at the start.
    """
    found = []
    for class_index in range(classes):
        members = origin == class_index
        of_right = members & right
        found.append(
            ClassAgreement(
                class_index=class_index,
                closest=_median(closest.distance[members]),
                margin=_mean(margin[members]),
                right=RightClass(
                    samples=int(of_right.sum()),
                    attack=_median(closest.attack[of_right]),
                    ray=_median(closest.ray[of_right]),
                    margin=_mean(margin[of_right]),
                ),
            )
        )
    return tuple(found)


def disagreeing_classes(
    distance: FloatArray, margin: FloatArray, origin: IntArray
) -> tuple[int, ...]:
    """List classes that the two rank apart by a third of all classes or more, beyond chance.

    Beyond chance is where the ranks that a class may have by the one and by the other leave
    no rank that is both, all classes taken together.
    """
    there = np.unique(origin)
    if len(there) < _FEWEST_CLASSES:
        return ()
    groups = [origin == class_index for class_index in there]
    middles = np.array([np.median(distance[members]) for members in groups])
    means = np.array([margin[members].mean() for members in groups])
    far = np.abs(ranks(middles) - ranks(means)) >= max(len(there) / 3, 2)
    (low, high), (other_low, other_high) = (
        rank_bounds(values, origin, _ERROR / 2) for values in (distance, margin)
    )
    return tuple(there[far & ((low > other_high) | (high < other_low))].tolist())


def _median(values: FloatArray) -> float | None:
    if not len(values):
        return None
    with np.errstate(invalid="ignore"):  # the mean of two infinite values
        middle = float(np.median(values))
    return middle if np.isfinite(middle) else None


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if len(values) else None
