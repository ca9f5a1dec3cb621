"""From values of each image of each seed to a mean, how sure it is, and differences in pairs.

With three seeds or more an interval is Student's over the means of seeds, each of which has test
images of its own: it tells of other trainings and other images. With fewer it is a normal one over
images, seed by seed, and tells of other images for the same trainings alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from robaudit.types import FloatArray

Over = Literal["seeds", "images"]

_ENOUGH_SEEDS = 3


@dataclass(frozen=True)
class Mean:
    """A mean over seeds with its 95 % interval, and the p-value of there being nothing."""

    value: float
    low: float
    high: float
    p_value: float
    over: Over

    @property
    def cell(self) -> dict[str, Any]:
        """Give the value and the interval as a cell of a table."""
        return {"value": self.value, "low": self.low, "high": self.high}

    @property
    def share_cell(self) -> dict[str, Any]:
        """Give the same of a share, whose interval ends where shares do."""
        return {"value": self.value, "low": max(0.0, self.low), "high": min(1.0, self.high)}


def over(seeds: int) -> Over:
    """Tell what an interval is over, with so many seeds.

    >>> over(2), over(3)
    ('images', 'seeds')
    """
    return "seeds" if seeds >= _ENOUGH_SEEDS else "images"


def mean_of(values: Sequence[FloatArray]) -> Mean:
    """Average values of images (n_s,), seed by seed; every seed counts as much as the others."""
    means = np.array([one.mean() for one in values])
    value, kind = float(means.mean()), over(len(values))
    if kind == "seeds":
        error = float(stats.sem(means))
        half = float(stats.t.ppf(0.975, len(means) - 1)) * error
        tail = stats.t(len(means) - 1)
    else:
        error = math.sqrt(sum(one.var(ddof=1) / len(one) for one in values)) / len(values)
        half, tail = float(stats.norm.ppf(0.975)) * error, stats.norm()
    if error == 0:
        return Mean(value, value, value, float(value == 0), kind)
    return Mean(value, value - half, value + half, float(2 * tail.sf(abs(value) / error)), kind)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number (Holm, 1979).

    >>> holm([0.01, 0.5])
    [0.02, 0.5]
    """
    if not p_values:
        return []
    adjusted: list[float] = multipletests(list(p_values), method="holm")[1].tolist()
    return adjusted
