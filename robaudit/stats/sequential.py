"""Going on until it is known: to a given precision, or until a gate is decided.

Whoever looks again and again finds something by chance. Each look at a gate therefore
spends its share of the error, so that all intervals looked at hold at once, whatever
made one stop (Bonferroni over looks, the plainest of group sequential rules: Jennison and
Turnbull, Group Sequential Methods, 2000); each look doubles the samples, so looks are few.

A precision is reached in two stages (Stein, Annals of Mathematical Statistics 16, 1945): a
pilot tells the variance, and with it how many samples are wanted. The interval at the end
is that of all samples, with the variance that all of them show, as for Chow and Robbins
(Annals of Mathematical Statistics 36, 1965); where it is still too wide, samples are added.
"""

import math

import numpy as np

from robaudit.stats.bounded import bounds
from robaudit.stats.components import Components, predicted
from robaudit.stats.student import student_quantile

GROWTH = 2.0
ALLOWANCE = 1.1
"""So many more samples than are asked for: the variance may be larger than it seems."""
_SMALLEST_STAGE, _LARGEST_GROWTH = 0.05, 3.0


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


def more_samples(samples: int, half: float, wanted: float, most: int) -> int:
    """Give how many of ``most`` samples a further stage ends with, so that the half is ``wanted``.

    ``half`` is that of the interval of ``samples`` samples. A stage is not tiny, and not many
    times what there was, since intervals of few samples are wider than 1 / sqrt(n) says.
    """
    least = samples + math.ceil(_SMALLEST_STAGE * samples)
    more = math.ceil(min(grown(samples, half, wanted), _LARGEST_GROWTH * samples))
    return min(most, max(least, more))


def grown(samples: int, half: float, wanted: float) -> float:
    """Give how many samples bring the half of an interval to what is wanted: it is 1 / sqrt(n)."""
    return samples * (half / wanted) ** 2 * ALLOWANCE


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
