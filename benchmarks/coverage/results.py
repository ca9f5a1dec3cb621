"""What a study comes to: of each figure in each cell, how often it held, and how wide it was."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from robaudit.types import Estimate

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Cell:
    """What is audited: which model, how many classes, samples, and directions of a pool."""

    model: str
    classes: int
    samples: int
    each: int
    pool: int

    @property
    def shared(self) -> bool:
        """Whether samples share all directions."""
        return self.each == self.pool

    def __str__(self) -> str:
        """Name it."""
        directions = f"{self.pool} shared" if self.shared else f"{self.each} of {self.pool}"
        return f"{self.model}, {self.classes} classes, {self.samples} samples, {directions}"


@dataclass(frozen=True)
class Result:
    """How one figure fared in one cell.

    ``below`` and ``above`` are the shares of intervals that lie below, and above, the truth;
    ``ratio`` is their mean width over that of the normal interval that knows the true
    variance of the figure, ``without`` the share of audits that had none.
    """

    figure: str
    cell: str
    audits: int
    coverage: float
    below: float
    above: float
    ratio: float
    without: float


@dataclass(frozen=True)
class Shares:
    """How often something happened that should be rare, or should not be."""

    what: str
    cell: str
    audits: int
    share: float


@dataclass
class Found:
    """Intervals of one figure, as they come in."""

    value: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, value: float, low: float, high: float) -> None:
        """Take one in."""
        self.value.append(value)
        self.low.append(low)
        self.high.append(high)

    def add_estimate(self, estimate: Estimate) -> None:
        """Take one in that may have no number."""
        numbers = (estimate.value, estimate.low, estimate.high)
        self.add(*(np.nan if one is None else one for one in numbers))

    def result(
        self, figure: str, cell: object, truth: float | None = None, error: float = 0.05
    ) -> Result:
        """Sum up; without a ``truth`` it is the figure's own mean."""
        value, low, high = (np.array(one) for one in (self.value, self.low, self.high))
        there = ~np.isnan(low)
        known = float(np.nanmean(value)) if truth is None else truth
        below, above = high[there] < known - 1e-12, low[there] > known + 1e-12
        quantile = _NORMAL.inv_cdf(1 - error / 2)
        spread = float(np.nanstd(value))
        width = float((high - low)[there].mean()) if there.any() else np.nan
        return Result(
            figure,
            str(cell),
            len(value),
            float(1 - below.mean() - above.mean()) if there.any() else np.nan,
            float(below.mean()) if there.any() else np.nan,
            float(above.mean()) if there.any() else np.nan,
            width / (2 * quantile * spread) if spread > 0 else np.nan,
            float(1 - there.mean()),
        )


class Findings(defaultdict[str, Found]):
    """Intervals of many figures, by name."""

    def __init__(self) -> None:
        super().__init__(Found)
