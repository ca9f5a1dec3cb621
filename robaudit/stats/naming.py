"""Which class is named: the worst, those that may be, those that changed.

A sentence that names one says that it differs from others, and classes are many: what is
named has to stand out from what the most extreme of equal classes would show.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.stats.bounded import Ends, bounds
from robaudit.stats.means import Means
from robaudit.types import BoolArray, FloatArray


def error_of_each(error: float, count: int) -> float:
    """Give the error of each of ``count`` intervals that all hold but for ``error`` (Sidak, 1967).

    >>> round(error_of_each(0.05, 10), 5)
    0.00512
    """
    return float(-np.expm1(np.log1p(-error) / max(1, count)))


@dataclass(frozen=True)
class Worst:
    """The class with the smallest mean, whether it can be named, and those that may be worse.

    ``alike`` (C,) marks all classes that cannot be told from the worst, it among them.
    """

    index: int
    named: bool
    alike: BoolArray


def find_worst(means: Means, error: float = 0.05, ends: Ends = (0.0, 1.0)) -> Worst:
    """Find the class of the smallest mean (C,), and those that may be it; all have samples.

    It is named where it lies below each other class by a two-sided comparison at ``error``:
    no further allowance is needed for having picked it (Gutmann and Maymin, Annals of
    Statistics 15, 1987; Hung and Fithian, Annals of Statistics 47, 2019). Otherwise those
    that lie above no other, all comparisons with the true worst together, are alike (Hsu's
    multiple comparisons with the best, Annals of Statistics 9, 1981, with Bonferroni's
    allowance). Classes without a variance are alike to all.
    """
    count = len(means.value)
    index = int(np.nanargmin(means.value))
    others = np.arange(count) != index
    above = _surely_above(means, index, error, ends)
    if bool(above[others].all()):
        return Worst(index, named=True, alike=~others)
    level = min(1.0, 2 * error / max(1, count - 1))
    alike = np.full(count, True)
    lows, highs = bounds(means, ends, level)
    for other in range(count):
        alike &= ~_above(means.value, lows, other, means.value[other], highs[other])
    alike[index] = True
    return Worst(index, named=False, alike=alike)


def _surely_above(means: Means, index: int, error: float, ends: Ends) -> BoolArray:
    lows, highs = bounds(means, ends, error)
    return _above(means.value, lows, index, means.value[index], highs[index])


def _above(
    value: FloatArray, lows: FloatArray, index: int, other: float, other_high: float
) -> BoolArray:
    """Mark which means (C,) surely lie above another one, from the bounds of each.

    Bounds are put together as for a difference of two (Zou and Donner, Statistics in
    Medicine 27, 2008), which keeps what each allows for.
    """
    with np.errstate(invalid="ignore"):
        sure = value - other > np.hypot(value - lows, other_high - other)
    sure[index] = False
    return np.asarray(sure)
