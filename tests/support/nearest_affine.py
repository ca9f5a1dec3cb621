"""The nearest point of another class of an affine classifier, within 0..1: exact in each norm."""

from collections.abc import Callable

import numpy as np

from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, IntArray

CLASSES, SHAPE, PIXELS = 4, (1, 6, 6), 36
_random = np.random.default_rng(0)
WEIGHTS, BIAS = _random.normal(0, 1, (PIXELS, CLASSES)), _random.normal(0, 0.1, CLASSES)


def some_classes() -> tuple[Classifier, FloatArray, IntArray]:
    """Make an affine classifier of four classes, flat samples (60, 36), and their classes."""
    classifier = affine_classifier(WEIGHTS, BIAS, SHAPE)
    x = np.random.default_rng(1).uniform(0, 1, (60, PIXELS)).astype(np.float32)
    return classifier, x, classifier.predict(x.reshape(60, *SHAPE)).argmax(axis=1)


def nearest_distances(x: FloatArray, y: IntArray, norm: str) -> FloatArray:
    """Give how far each of x (n, 36) lies from the nearest point of 0..1 of another class: (n,).

    Towards each rival the lead is brought to 0 by the change that is shortest in the norm: all
    pixels alike (L-inf), each by its slope (L2), or one after the other, those that bring
    most for their length first (L1, L0); none beyond the box. Infinite where that brings too
    little.
    """
    scores = x @ WEIGHTS + BIAS
    found = np.full((len(x), CLASSES), np.inf)
    for row, own in enumerate(y):
        for rival in set(range(CLASSES)) - {int(own)}:
            slope = WEIGHTS[:, rival] - WEIGHTS[:, own]
            room = np.where(slope > 0, 1 - x[row], x[row]).astype(np.float64)
            lead = scores[row, own] - scores[row, rival]
            if (np.abs(slope) * room).sum() >= lead:
                found[row, rival] = _LENGTHS[norm](np.abs(slope), room, lead)
    return found.min(axis=1)


def _alike(slope: FloatArray, room: FloatArray, lead: float) -> float:
    return _least(lambda size: float((slope * np.minimum(size, room)).sum()), lead, 1.0)


def _by_slope(slope: FloatArray, room: FloatArray, lead: float) -> float:
    most = float((room / slope).max())
    share = _least(lambda times: float((slope * np.minimum(times * slope, room)).sum()), lead, most)
    return float(np.linalg.norm(np.minimum(share * slope, room)))


def _steepest_first(slope: FloatArray, room: FloatArray, lead: float) -> float:
    order = np.argsort(-slope)
    brought = np.concatenate([[0], (slope * room)[order].cumsum()])
    whole = int(np.searchsorted(brought, lead) - 1)
    rest = (lead - brought[whole]) / slope[order][whole]
    return float(room[order][:whole].sum() + rest)


def _most_first(slope: FloatArray, room: FloatArray, lead: float) -> float:
    brought = -np.sort(-slope * room)
    return float(np.searchsorted(brought.cumsum(), lead) + 1)


_LENGTHS = {"linf": _alike, "l2": _by_slope, "l1": _steepest_first, "l0": _most_first}


def _least(brings: Callable[[float], float], lead: float, most: float) -> float:
    low, high = 0.0, most
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if brings(middle) >= lead else (middle, high)
    return high
