"""Going on until it is known: to a given precision, or until a gate is decided.

Whoever looks again and again finds something by chance. Each look at a gate therefore
spends its share of the error, so that all intervals looked at hold at once, whatever
made one stop (Bonferroni over looks, the plainest of group sequential rules: Jennison and
Turnbull, Group Sequential Methods, 2000); each look doubles the samples, so looks are few.

A precision is reached in two stages (Stein, Annals of Mathematical Statistics 16, 1945): a
pilot tells the variance, and with it how many samples are wanted. The interval at the end
is that of all samples, with the variance that all of them show, as for Chow and Robbins
(Annals of Mathematical Statistics 36, 1965); the second stage is sized from the upper end
of what the pilot's variance may be, so that there is seldom a third.
"""

import math

import numpy as np

from robaudit.stats.bounded import UNIT, Ends, bounds
from robaudit.stats.components import Components, half_width, predicted
from robaudit.stats.means import Means
from robaudit.stats.student import student_quantile

GROWTH = 2.0
_SURE = 0.2
"""The chance that a second stage turns out too small."""


def looks_until(first: int, most: int) -> list[int]:
    """Give the numbers of samples to look at, from the ``first``, doubling, to ``most``.

    >>> looks_until(100, 1000)
    [100, 200, 400, 1000]
    """
    looks = [min(first, most)]
    while looks[-1] * GROWTH * math.sqrt(GROWTH) <= most:
        looks.append(int(looks[-1] * GROWTH))
    if looks[-1] < most:
        looks.append(most)
    return looks


def error_of_look(looks: int, error: float = 0.05) -> float:
    """Give the error that each of so many ``looks`` may spend.

    >>> error_of_look(4)
    0.0125
    """
    return error / max(1, looks)


def second_stage_size(
    width: float,
    pilot: Means,
    samples: int,
    ends: Ends = UNIT,
    error: float = 0.05,
) -> int:
    """Give how many samples, pilot and all, bring half of an interval to ``width``.

    ``pilot`` is the mean of ``samples`` samples. Its variance may be larger than it seems:
    the upper bound of it is counted with (chi-squared, by Wilson and Hilferty, 1931). The
    part of the directions that all samples share stays as it is.
    """
    freedom = float(pilot.freedom)
    z = student_quantile(_SURE, 1e9)
    inflation = (1 - 2 / (9 * freedom) - z * math.sqrt(2 / (9 * freedom))) ** -3
    least, most = samples, samples
    while _half(pilot, samples, most, inflation, ends, error) > width and most < 10**9:
        least, most = most, most * 2
    while least < most:
        middle = (least + most) // 2
        if _half(pilot, samples, middle, inflation, ends, error) > width:
            least = middle + 1
        else:
            most = middle
    return most


def _half(
    pilot: Means, samples: int, wanted: int, inflation: float, ends: Ends, error: float
) -> float:
    times = wanted / samples
    more = Means(
        pilot.value,
        pilot.of_samples * inflation / times,
        pilot.of_directions,
        pilot.freedom * times,
        pilot.samples * times,
    )
    return half_width(more, ends, error)


def samples_to_decide(
    threshold: float,
    parts: Components,
    each: int,
    pool: int,
    classes: int = 1,
    *,
    most: int,
    error: float = 0.05,
    power: float = 0.8,
) -> int | None:
    """Give how many samples decide a gate with a chance of ``power``; ``None`` above ``most``.

    That is where the value, were it the true one, lies beyond the threshold by the half of
    the interval and what chance takes from it.
    """
    away = abs(parts.value - threshold)
    z = student_quantile(1 - power, 1e9)

    def undecided(samples: int) -> bool:
        plan = predicted(parts, samples, each, pool, classes)
        low, high = bounds(plan, error=error)
        half = plan.value - low if parts.value > threshold else high - plan.value
        return float(half + z * np.sqrt(plan.variance)) > away

    if undecided(most):
        return None
    least, enough = 2, most
    while least < enough:
        middle = (least + enough) // 2
        least, enough = (middle + 1, enough) if undecided(middle) else (least, middle)
    return enough
