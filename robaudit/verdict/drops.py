"""How much worse a gate's figure is than the baseline's, and how sure that is: paired tests.

Drops are before less after where higher is better, after less before where lower is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robaudit.comparison.beside import pair_beside
from robaudit.comparison.differences import groups_of
from robaudit.comparison.over_classes import (
    count_changed,
    difference_of,
    left_difference,
    measure_over_classes,
)
from robaudit.comparison.paired_means import (
    PairedCells,
    crossing_cells,
    margin_cells,
    paired_crossings,
    paired_margins,
)
from robaudit.metrics.estimating import NONE_RIGHT
from robaudit.metrics.figures import (
    ACCURACY,
    BESIDE,
    CROSSING_RATE,
    GINI,
    MAX_MIN,
    MEAN_MARGIN,
    MODEL_ROBUSTNESS,
    OF_RIGHT,
    ROBUST_ACCURACY,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.gates import WORST, Gate
from robaudit.record.findings import Findings
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.paired import Difference
from robaudit.types import BoolArray
from robaudit.verdict.drops_of_least import MOST, least_mean, least_share, share_bounds
from robaudit.verdict.gated import class_named
from robaudit.verdict.paired_shares import PairedShares, accuracy_shares, robust_shares

Bounds = Callable[[float], tuple[float | None, float | None]]
"""Bounds of a drop, each of which misses with a chance of the error given."""

TOO_MANY = f"more than {MOST:,} classes and attacks cannot be compared pair by pair"

_RESAMPLES = 10_000
_MOST_NUMBERS = 50_000_000
_OF_ALL = {right: figure for figure, right in OF_RIGHT.items()}
_PAIRED = {
    MEAN_MARGIN: paired_margins,
    CROSSING_RATE: paired_crossings,
    WORST_CLASS: paired_margins,
}


@dataclass(frozen=True)
class Drop:
    """A figure of a gate on two audits; ``missing`` says why it cannot be compared.

    ``value`` is how much worse it became. ``class_index`` is the class of a gate on one,
    ``worst_class`` the worst one after, of a gate on that.
    """

    value: float | None
    before: float | None
    bounds: Bounds
    missing: str | None = None
    class_index: int | None = None
    worst_class: int | None = None


def _no_bounds(_: float) -> tuple[None, None]:
    return None, None


def no_drop(why: str, class_index: int | None = None) -> Drop:
    """Say why there is no drop to speak of."""
    return Drop(None, None, _no_bounds, why, class_index)


def find_drop(gate: Gate, before: Findings, after: Findings) -> Drop:
    """Compare the figure of a gate on two comparable audits.

    Raises UsageError for a class that the model does not have.
    """
    index = None
    if gate.of_class not in (None, WORST):
        index = class_named(gate.of_class or "", after)
    if gate.figure in (ACCURACY, ROBUST_ACCURACY):
        pairs = accuracy_shares if gate.figure == ACCURACY else robust_shares
        shares = pairs(gate, before, after, index)
        return no_drop(shares, index) if isinstance(shares, str) else _of_shares(shares, index)
    if gate.figure in (MODEL_ROBUSTNESS, GINI, MAX_MIN):
        return _over_classes(gate, before, after)
    if gate.figure in BESIDE:
        return _of_beside(gate.figure, before, after)
    return _of_means(gate, before, after, index)


def _of_beside(figure: Figure, before: Findings, after: Findings) -> Drop:
    pair = pair_beside(figure, before, after)
    if isinstance(pair, str):
        return no_drop(pair)
    sign = 1 if figure.better == "higher" else -1
    if np.array_equal(pair.before, pair.after):
        return Drop(0.0, pair.figures[0], lambda _: (0.0, 0.0))
    found = pair.difference(0.05)
    if found.low is None:
        return no_drop("too few samples differ to tell")
    return Drop(
        value=-sign * found.value,
        before=pair.figures[0],
        bounds=lambda error: turned(pair.difference(2 * error), sign),
    )


def _of_shares(shares: PairedShares, index: int | None) -> Drop:
    if len(shares.before) > MOST:
        return no_drop(TOO_MANY)
    if len(shares.before) > 1:
        least = least_share(shares)
        worst = shares.classes[least.place] if shares.classes else None
        return Drop(least.before - least.after, least.before, least.bounds, worst_class=worst)
    (one,), (other,) = shares.before, shares.after
    return Drop(
        value=float(one.mean()) - float(other.mean()),
        before=float(one.mean()),
        bounds=lambda error: share_bounds(one, other, error),
        class_index=index,
        worst_class=shares.classes[0] if shares.classes else None,
    )


def _of_means(gate: Gate, before: Findings, after: Findings, index: int | None) -> Drop:
    figure = _OF_ALL.get(gate.figure, gate.figure)
    if figure not in _PAIRED:
        return no_drop(f"there is no paired test of {gate.figure.title}", index)
    members = before.tally.right & after.tally.right
    if gate.figure == figure:
        members |= True
    if not members.any():
        return no_drop(NONE_RIGHT, index)
    same = (before.origin == after.origin).all()
    if not same and (index is not None or gate.of_class or figure == WORST_CLASS):
        return no_drop("the two models put samples into other classes to begin with", index)
    sign = 1 if gate.figure.better == "higher" else -1
    pairs = _PAIRED[figure](before, after, groups_of(before, after), members)
    if gate.of_class == WORST or figure == WORST_CLASS:
        return _of_worst(figure, before, after, members, pairs, sign)
    mean = pairs.overall() if index is None else pairs.of_classes()[index]
    if mean.difference.low is None:
        return no_drop("too few samples", index)
    return Drop(
        value=-sign * mean.difference.value,
        before=mean.before,
        bounds=lambda error: _bounds_of_mean(pairs, index, sign, error),
        class_index=index,
    )


def _of_worst(
    figure: Figure,
    before: Findings,
    after: Findings,
    members: BoolArray,
    pairs: PairedCells,
    sign: int,
) -> Drop:
    classes = np.unique(before.origin[members])
    if len(classes) > MOST:
        return no_drop(TOO_MANY)
    cells = crossing_cells if figure == CROSSING_RATE else margin_cells
    one, other = (cells(each, before.origin, members) for each in (before, after))
    least = least_mean(pairs, one, other, classes, sign)
    return Drop(
        value=least.before - least.after,
        before=sign * least.before,
        bounds=least.bounds,
        worst_class=least.place,
    )


def _bounds_of_mean(
    pairs: PairedCells, index: int | None, sign: int, error: float
) -> tuple[float | None, float | None]:
    mean = pairs.overall(2 * error) if index is None else pairs.of_classes(2 * error)[index]
    return turned(mean.difference, sign)


def turned(difference: Difference, sign: int) -> tuple[float | None, float | None]:
    """Turn the bounds of a difference, after less before, into those of a drop."""
    low, high = difference.low, difference.high
    if low is None or high is None:
        return None, None
    return (-high, -low) if sign > 0 else (low, high)


def _over_classes(gate: Gate, before: Findings, after: Findings) -> Drop:
    """Compare R, Gini or max - min, as a comparison of two audits does."""
    if not (before.origin == after.origin).all():
        return no_drop("the two models put samples into other classes to begin with")
    resamples = max(1000, min(_RESAMPLES, _MOST_NUMBERS // len(before.origin)))
    weights = bootstrap_weights(before.origin, before.plan.seed, resamples, rescaled=True)
    one, other = (measure_over_classes(each, weights) for each in (before, after))
    changed, sign = count_changed(before, after).total, 1 if gate.figure.better == "higher" else -1

    def difference(error: float) -> Difference:
        if gate.figure == MODEL_ROBUSTNESS:
            left = one.robustness, other.robustness
            return left_difference(*left, before.origin, changed, error)
        pair = one.figures[gate.figure.name], other.figures[gate.figure.name]
        return difference_of(*pair, changed, error)

    found = difference(0.05)
    value = one.robustness.value
    if gate.figure != MODEL_ROBUSTNESS:
        value = one.figures[gate.figure.name][0]
    if found.low is None:
        if changed == 0:
            return Drop(0.0, value, lambda _: (0.0, 0.0))
        return no_drop("the rays of too few samples changed to tell")
    return Drop(-sign * found.value, value, lambda error: turned(difference(2 * error), sign))
