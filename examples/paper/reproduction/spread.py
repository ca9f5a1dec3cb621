"""From one number a seed to one cell of a table: the mean and how sure it is."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

Cell = dict[str, Any]

_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's 97.5 % quantiles for 1 to 9 degrees of freedom."""


def mean_cell(
    values: Sequence[float | None],
    paper: float | None = None,
    *,
    bounds: tuple[float, float] | None = None,
) -> Cell:
    """Give the mean over seeds with Student's 95% interval, cut off at possible ``bounds``.

    Seeds without a number are left out and counted in a note; one seed has no interval.
    """
    known = [value for value in values if value is not None]
    cell: Cell = {"value": None, "low": None, "high": None, "paper": paper}
    if len(known) < len(values):
        cell["note"] = f"no number for {len(values) - len(known)} of {len(values)} seeds"
    if not known:
        return cell
    cell["value"] = statistics.fmean(known)
    if len(known) > 1:
        half = student(len(known)) * statistics.stdev(known) / math.sqrt(len(known))
        low, high = bounds or (-math.inf, math.inf)
        cell["low"] = max(low, cell["value"] - half)
        cell["high"] = min(high, cell["value"] + half)
    return cell


def median_cell(values: Sequence[float | None], paper: float | None = None) -> Cell:
    """Give the median over seeds, with the least and the greatest, for ratios."""
    known = [value for value in values if value is not None]
    cell: Cell = {"value": None, "low": None, "high": None, "paper": paper}
    if len(known) < len(values):
        cell["note"] = f"no number for {len(values) - len(known)} of {len(values)} seeds"
    if known:
        cell |= {"value": statistics.median(known)}
        if len(known) > 1:
            cell |= {"low": min(known), "high": max(known)}
    return cell


def student(seeds: int) -> float:
    """Give Student's quantile for the mean of so many seeds, at least 2."""
    return _STUDENT[min(seeds - 1, len(_STUDENT)) - 1]


def summary(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Give mean and standard deviation over classes, as the paper's tables do."""
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    return statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else None


def rank_correlation(first: Sequence[float | None], second: Sequence[float | None]) -> float | None:
    """Spearman's rank correlation of the pairs that are both known; ``None`` for fewer than 3."""
    pairs = [
        (one, other)
        for one, other in zip(first, second, strict=True)
        if one is not None and other is not None
    ]
    if len(pairs) < 3:
        return None
    ranks = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    if any(len(set(side)) == 1 for side in ranks):
        return None
    return statistics.correlation(*ranks)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(values)
    return [order.index(value) + (order.count(value) - 1) / 2 for value in values]
