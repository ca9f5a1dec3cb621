"""How far classes lie apart: intervals of figures that noise in the means of classes inflates.

Classes that are all equal still have means that differ, the more the fewer their samples,
and the largest less the smallest is the largest of these differences. Such figures are
held against what noise would make of classes that lie t times as far apart as they seem:
all t that could well have shown what was found give the interval (test inversion; a
parametric bootstrap with the noise of each mean, as in Carpenter, Journal of the Royal
Statistical Society B 61, 1999).
"""

from collections.abc import Callable, Iterator

import numpy as np

from robaudit.stats.bounded import bounds
from robaudit.stats.means import Means
from robaudit.types import Estimate, FloatArray

DRAWS = 1000
FEWEST = 5
"""Classes of fewer samples than this, on average, say too little of how noisy they are."""

FEW_SAMPLES = "classes have too few samples to tell noise from differences between them"

_HALVINGS = 12
_TRIED = 21
_FARTHEST = 4.0
"""So many times as far apart as they seem, and as far as noise may hide, are classes tried."""

_PART_OF_ERROR = 0.5
"""Only along the pattern that is seen are classes moved, others would show as much: of the
error that may be made this part is spent, by which intervals hold as often as they say."""

_CLOSE = 0.25
_ROUNDING = 1e-9

OverClasses = Callable[[FloatArray], FloatArray]
"""A figure over the means of classes: (..., C) -> (...)."""


def noise_of(
    means: Means, common: float, random: np.random.Generator, draws: int = DRAWS
) -> FloatArray:
    """Draw how far means of classes (C,) may be off: (``draws``, C).

    ``common`` is the variance that directions give to the mean over all of them. A class of
    few samples is as noisy as half a sample at the lowest value would make it.
    """
    unseen = means.value / (means.samples + 1) / 2
    own = np.sqrt(np.maximum(means.variance - common, means.of_samples) + unseen**2)
    freedom = np.maximum(means.freedom, 1)
    off = random.standard_t(freedom, (draws, len(own))) * own
    return np.asarray(off + np.sqrt(common) * random.standard_normal((draws, 1)))


def spread_interval(
    figure: OverClasses, means: Means, noise: FloatArray, error: float = 0.05, scale: float = 1.0
) -> Estimate:
    """Estimate a figure of class means (C,) that grows as they lie farther apart: Gini, ptp.

    ``noise`` (draws, C) is that of `noise_of`; ``scale`` the unit of the figure.
    """
    value = means.value
    found = float(figure(value))
    if reason := _too_few(means):
        return Estimate(found * scale, None, None, reason=reason)
    seen = _pattern(value)
    tail = _PART_OF_ERROR * error / 2

    def shown(times: float) -> FloatArray:
        return figure(np.clip(_moved(value, seen, times) + noise, 0.0, 1.0))

    # Means that happen to be closer than noise would have them mostly say no more than these.
    close = max(found, float(np.quantile(shown(0.0), _CLOSE)))

    def as_large(times: float) -> bool:
        return bool((shown(times) >= found * (1 - _ROUNDING)).mean() > tail)

    def larger(times: float) -> bool:
        return bool((shown(times) <= close * (1 + _ROUNDING)).mean() < tail)

    farthest = _FARTHEST * (1 + float(noise.std() / seen.std()))
    low, high = _first(as_large, 1.0), _first(larger, farthest)
    ends = [float(figure(_moved(value, seen, times))) for times in (low, high)]
    return Estimate(found * scale, min(found, ends[0]) * scale, max(found, ends[1]) * scale)


def smallest_interval(
    means: Means, noise: FloatArray, error: float = 0.05, scale: float = 1.0
) -> Estimate:
    """Estimate the smallest of the means of classes (C,), which the smallest seen lies below.

    It lies above the smallest of the lower bounds of all classes with no further allowance,
    since that of the worst class alone would do (an intersection-union test: Berger,
    Technometrics 24, 1982). How much too low the smallest seen lies depends on how far
    classes lie apart: the upper bound is the largest over all that could be.
    """
    value = means.value
    found = float(value.min())
    if reason := _too_few(means):
        return Estimate(found * scale, None, None, reason=reason)
    tail = _PART_OF_ERROR * error / 2
    low = float(np.min(bounds(means, error=error)[0]))
    high = found
    for classes in _could_be(value, noise, tail):
        below = (classes + noise).min(axis=1) - classes.min()
        high = max(high, found - float(np.quantile(below, tail)))
    return Estimate(found * scale, low * scale, min(1.0, high) * scale)


def _too_few(means: Means) -> str | None:
    few = len(means.value) < 2 or means.samples.mean() < FEWEST or np.any(means.freedom <= 0)
    return FEW_SAMPLES if few else None


def _pattern(value: FloatArray) -> FloatArray:
    """Give how far each class lies from the middle; of equal ones any pattern will do."""
    seen = value - value.mean()
    return seen if np.ptp(seen) > 0 else np.linspace(-1e-6, 1e-6, len(value))


def _moved(value: FloatArray, seen: FloatArray, times: float) -> FloatArray:
    return np.asarray(np.clip(value.mean() + times * seen, 0.0, 1.0))


def _could_be(value: FloatArray, noise: FloatArray, tail: float) -> Iterator[FloatArray]:
    """Give the means of classes, from closer to farther apart, that show such a spread."""
    found, seen = value.std(), _pattern(value)
    for times in np.linspace(0.0, 2.0, _TRIED).tolist():
        classes = _moved(value, seen, times)
        shown = (classes + noise).std(axis=1)
        if min((shown >= found).mean(), (shown <= found).mean()) > tail or times == 1.0:
            yield classes


def _first(holds: Callable[[float], bool], high: float) -> float:
    """Find where a condition begins to hold between 0 and ``high``."""
    low = 0.0
    if holds(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
