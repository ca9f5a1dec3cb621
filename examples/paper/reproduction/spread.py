"""From one number a seed to one cell of a table: the mean and how sure it is."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from scipy import stats

Cell = dict[str, Any]


def mean_cell(
    values: Sequence[float | None],
    paper: float | None = None,
    *,
    bounds: tuple[float, float] | None = None,
    coverage: float = 0.95,
) -> Cell:
    """Give the mean over seeds with Student's interval, cut off at possible ``bounds``.

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
        half = float(stats.t.ppf((1 + coverage) / 2, len(known) - 1) * stats.sem(known))
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
    if len(pairs) < 3 or any(len(set(side)) == 1 for side in zip(*pairs, strict=True)):
        return None
    return float(stats.spearmanr(pairs).statistic)


def scaled(value: float | None, scale: float) -> float | None:
    """Multiply a number, where there is one."""
    return None if value is None else value * scale
