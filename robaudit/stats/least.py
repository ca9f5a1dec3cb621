"""The least of several means before, less the least of them after: how far it may be off.

The least of equal means, as they are found, is as likely unlucky as bad. Nothing is picked
here: a bound of the difference of the least follows from those of the differences of all pairs.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.types import BoolArray, FloatArray


@dataclass(frozen=True)
class Bounded:
    """Means of so many units (U,), each with its bounds; NaN for one that has none."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


def differences_apart(before: Bounded, after: Bounded) -> tuple[FloatArray, FloatArray]:
    """Bound each mean before less each after, (U, U) twice, as those of independent samples.

    Bounds of two are put together as by Zou and Donner (Statistics in Medicine 27, 2008).
    """
    value = before.value[:, np.newaxis] - after.value
    down = np.hypot((before.value - before.low)[:, np.newaxis], after.high - after.value)
    up = np.hypot((before.high - before.value)[:, np.newaxis], after.value - after.low)
    return value - down, value + up


def bounds_of_least(low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Bound the least mean before less the least after, from bounds of all pairs (U, U).

    Each bound of a pair misses with a chance of ``error`` / U on its side: then so do these
    with ``error``. The least after is no larger than any one of them; and that one lies so far
    below the least before where it lies so far below each (an intersection-union test; Berger,
    Technometrics 24, 1982). For the other side the two change places.
    """
    return float(low.min(axis=0).max()), float(high.max(axis=1).min())


def with_paired(
    apart: tuple[FloatArray, FloatArray],
    paired: BoolArray,
    bounds: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Put in bounds (U, U) of those pairs that are of the same samples, as ``paired`` marks."""
    low, high = (np.where(paired, own, other) for own, other in zip(bounds, apart, strict=True))
    return low, high
