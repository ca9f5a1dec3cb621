"""Where a mean's variance comes from, what other plans would make of it, and the least work.

Samples differ, directions differ, and a cell differs from what its sample and direction
have it: three components of variance (Searle, Casella and McCulloch, Variance Components,
1992). They say what more samples and what more directions are worth.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from robaudit.stats.bounded import UNIT, Ends, bounds
from robaudit.stats.cells import Cells
from robaudit.stats.means import Means, mean_over_classes

_MOST_SAMPLES = 10**9


@dataclass(frozen=True)
class Components:
    """The mean over classes, and the components of its variance, in the squared unit of a cell.

    ``sample`` is the variance between samples of a class, ``direction`` that between
    directions, ``rest`` that of single cells; the latter two are 0 where ``each`` sample had
    one cell, and ``sample`` has all.
    """

    value: float
    sample: float
    direction: float
    rest: float


def components_of(cells: Cells) -> Components:
    """Estimate the components of variance (analysis of variance; none is below 0)."""
    mean, sizes, each = mean_over_classes(cells), cells.sizes, cells.each
    pool = cells.sums.shape[1]
    there = sizes > 0
    share = (cells.counts[there] / sizes[there, np.newaxis] / each).mean(axis=0)
    direction = float(mean.of_directions / (share**2).sum())
    of_means = np.bincount(cells.group, cells.means**2, len(sizes))
    within = (cells.squares - each * of_means)[there] / sizes[there] / max(1, each - 1)
    rest = max(0.0, float(within.mean()) - direction)
    owed = rest / each + direction * (1 - each / pool) / each
    return Components(
        float(mean.value),
        max(0.0, float(mean.of_samples * mean.samples) - owed),
        direction,
        rest,
    )


def predicted(parts: Components, samples: int, each: int, pool: int, classes: int = 1) -> Means:
    """Predict the mean over classes of a plan: ``samples`` with ``each`` directions of a pool.

    ``each`` is ``pool`` where samples share their directions.
    """
    owed = parts.rest / each + parts.direction * (1 - each / pool) / each
    along = min(pool, samples * each)
    of_samples = (parts.sample + owed) / samples
    of_directions = parts.direction * max(0.0, 1 / along - (1 - each / pool) / each / samples)
    freedom = max(1, samples - classes if samples > classes else samples - 1)
    return Means(*map(np.asarray, (parts.value, of_samples, of_directions, freedom, samples)))


def half_width(means: Means, ends: Ends = UNIT, error: float = 0.05) -> float:
    """Give half of high less low of the interval of one mean."""
    low, high = bounds(means, ends, error)
    return float(high - low) / 2


def samples_for(
    width: float,
    parts: Components,
    each: int,
    pool: int,
    classes: int = 1,
    *,
    ends: Ends = UNIT,
    error: float = 0.05,
) -> int | None:
    """Give the least number of samples whose interval has a half of at most ``width``.

    ``None`` where no number has: directions that all samples share leave an error of their own.
    """

    def wide(samples: int) -> bool:
        plan = predicted(parts, samples, each, pool, classes)
        return half_width(plan, ends, error) > width

    least, most = 2, 4
    while wide(most):
        least, most = most, most * 2
        if most > _MOST_SAMPLES:
            return None
    while least < most:
        middle = (least + most) // 2
        least, most = (middle + 1, most) if wide(middle) else (least, middle)
    return most


@dataclass(frozen=True)
class Size:
    """How large a search is to be, and what it costs, in the unit of the costs given."""

    samples: int
    each: int
    cost: float


def cheapest(
    width: float,
    parts: Components,
    pool: int,
    *,
    sample_cost: float,
    direction_cost: float,
    most_samples: int,
    choices: Iterable[int] = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 200, 400, 784),
    classes: int = 1,
    error: float = 0.05,
) -> Size | None:
    """Choose samples and directions of each that reach a half ``width`` at least cost.

    A sample costs ``sample_cost`` and each of its directions ``direction_cost``. ``None``
    where ``most_samples`` are too few, whatever their directions.
    """
    sizes = []
    for each in sorted({min(choice, pool) for choice in choices}):
        samples = samples_for(width, parts, each, pool, classes, error=error)
        if samples is not None and samples <= most_samples:
            cost = samples * (sample_cost + each * direction_cost)
            sizes.append(Size(samples, each, cost))
    return min(sizes, key=lambda size: (size.cost, size.samples), default=None)
