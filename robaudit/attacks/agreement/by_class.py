"""Closest distances and mean margins of classes, and the classes that the two rank apart."""

from dataclasses import dataclass

import numpy as np

from robaudit.stats.bootstrap import Weights, weights_in_parts
from robaudit.stats.rank_correlation import ranks
from robaudit.types import FloatArray, IntArray

_FEWEST_CLASSES = 3
_SURE = 0.975


@dataclass(frozen=True)
class ClassAgreement:
    """The two distances of one class.

    ``closest`` is the median of its samples' closest distances, ``None`` where
    nothing was found for half of them; ``margin`` the mean of their mean
    margins. Both are ``None`` without samples.
    """

    class_index: int
    closest: float | None
    margin: float | None


def by_class(
    closest: FloatArray, margin: FloatArray, origin: IntArray, classes: int
) -> tuple[ClassAgreement, ...]:
    """Give the distances of each class, from those of samples and their classes (T,)."""
    distances = []
    for class_index in range(classes):
        members = origin == class_index
        if not members.any():
            distances.append(ClassAgreement(class_index, None, None))
            continue
        middle = float(_medians(closest[members], np.ones((1, int(members.sum()))))[0])
        known = middle if np.isfinite(middle) else None
        distances.append(ClassAgreement(class_index, known, float(margin[members].mean())))
    return tuple(distances)


def disagreeing_classes(
    closest: FloatArray, margin: FloatArray, origin: IntArray, weights: Weights
) -> tuple[int, ...]:
    """List classes that the two rank apart by a third of all classes or more, beyond chance.

    Beyond chance is a difference of one sign in 97.5 % of the resamples.
    """
    there = np.unique(origin)
    if len(there) < _FEWEST_CLASSES:
        return ()
    apart = []
    for resamples in (np.ones((1, len(origin))), weights):
        middles, means = np.empty((2, len(resamples), len(there)))
        for place, class_index in enumerate(there):
            members = origin == class_index
            middles_and_means = [
                _medians_and_means(closest[members], margin[members], part)
                for part in weights_in_parts(resamples[:, members])
            ]
            middles[:, place], means[:, place] = np.concatenate(middles_and_means, axis=1)
        pairs = zip(middles, means, strict=True)
        apart.append(np.array([ranks(middle) - ranks(mean) for middle, mean in pairs]))
    whole, resampled = apart[0][0], apart[1]
    sure = (np.sign(resampled) == np.sign(whole)).mean(axis=0) >= _SURE
    far = np.abs(whole) >= max(len(there) / 3, 2)
    return tuple(there[far & sure].tolist())


def _medians_and_means(closest: FloatArray, margin: FloatArray, weights: FloatArray) -> FloatArray:
    """Median of closest distances (n,) and mean of margins (n,) in each resample (B, n): (2, B)."""
    total = np.maximum(weights.sum(axis=1), 1)  # a class of one sample may be missing
    return np.stack([_medians(closest, weights), weights @ margin / total])


def _medians(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Take the median of values (n,), some perhaps infinite, in each resample (B, n): (B,)."""
    order = np.argsort(values)
    reached = np.cumsum(weights[:, order], axis=1)
    half = reached[:, -1:] / 2
    low, high = (reached >= half).argmax(axis=1), (reached > half).argmax(axis=1)
    return np.asarray((values[order][low] + values[order][high]) / 2)
