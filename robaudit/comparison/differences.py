"""All differences between two comparable audits: of the model, its classes, under attacks."""

from collections.abc import Iterator

import msgspec
import numpy as np

from robaudit.comparison.beside import beside_rows
from robaudit.comparison.matching import Match
from robaudit.comparison.over_classes import (
    Changed,
    OverClasses,
    count_changed,
    difference_of,
    left_difference,
    measure_over_classes,
)
from robaudit.comparison.paired_means import PairedMean, paired_crossings, paired_margins
from robaudit.comparison.rows import Subject, row, with_adjusted
from robaudit.metrics.figures import (
    ACCURACY,
    CLASS_ROBUSTNESS,
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
from robaudit.record.findings import Findings
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit.stats.bootstrap import RESAMPLES, Weights, bootstrap_weights
from robaudit.stats.paired import Difference, share_difference
from robaudit.types import BoolArray, IntArray

_OTHER_ORIGIN = "the reference classes are predictions, and the two models predict differently"
_MODEL = Subject()
_OVER_CLASSES = (WORST_CLASS, MODEL_ROBUSTNESS, GINI, MAX_MIN)
_BY_REFERENCE = (MEAN_MARGIN, CROSSING_RATE, CLASS_ROBUSTNESS)
_MOST_RESAMPLES = 10_000
_MOST_NUMBERS = 5_000_000
"""So many numbers may a table of resamples hold, which bounds the memory."""


_PAIRED = {MEAN_MARGIN: paired_margins, CROSSING_RATE: paired_crossings}
"""Figures that are means over cells, and how two audits of them are paired."""


def find_differences(
    before: Findings, after: Findings, attacks: list[Match]
) -> list[DifferenceRecord]:
    """List the differences: of the model, then of each searched class, then under each attack."""
    one, other = before.tally, after.tally
    group, everyone = groups_of(before, after), np.full(len(before.rows), True)
    paired = {figure: pair(before, after, group, everyone) for figure, pair in _PAIRED.items()}
    differences = [
        _accuracy(before, after),
        *(_mean(figure, _MODEL, pair.overall()) for figure, pair in paired.items()),
        *_right_at_start(before, after, group, one.right & other.right),
    ]
    classes = np.union1d(before.origin, after.origin).tolist()
    if np.array_equal(before.origin, after.origin):
        weights = _draw_weights(before)
        measured = measure_over_classes(before, weights), measure_over_classes(after, weights)
        by_class = {figure: pair.of_classes() for figure, pair in paired.items()}
        changed = count_changed(before, after)
        differences += _over_classes(*measured, changed, before.origin)
        for index in classes:
            differences.append(_accuracy(before, after, index))
            differences += [
                _mean(figure, Subject(index), of_classes[index])
                for figure, of_classes in by_class.items()
            ]
            differences.append(_class_robustness(*measured, changed, before.origin, index))
    else:
        differences += [
            row(what, _MODEL, None, None, None, _OTHER_ORIGIN) for what in _OVER_CLASSES
        ]
        for index in classes:
            differences.append(_accuracy(before, after, index))
            subject = Subject(index)
            differences += [
                row(what, subject, None, None, None, _OTHER_ORIGIN) for what in _BY_REFERENCE
            ]
    differences += [*(_attack(match) for match in attacks), *beside_rows(before, after)]
    return with_adjusted(differences)


def _mean(figure: Figure, subject: Subject, mean: PairedMean) -> DifferenceRecord:
    return row(figure, subject, mean.before, mean.after, mean.difference)


def _right_at_start(
    before: Findings, after: Findings, group: IntArray, right: BoolArray
) -> Iterator[DifferenceRecord]:
    """Compare the means over samples that are right at the start on both, if these are not all."""
    count = int(right.sum())
    if count == len(right):
        return
    for of_all, pair in _PAIRED.items():
        figure = OF_RIGHT[of_all]
        if count:
            found = _mean(figure, _MODEL, pair(before, after, group, right).overall())
        else:
            why = "no sample is right at the start on both models"
            found = row(figure, _MODEL, None, None, None, why)
        yield msgspec.structs.replace(found, samples=count)


def groups_of(before: Findings, after: Findings) -> IntArray:
    """Give the classes (S,) that samples were chosen by: one for all where that is not known."""
    if np.array_equal(before.origin, after.origin):
        return before.origin
    labels = before.labels if before.labels is not None else after.labels
    return np.zeros_like(before.rows) if labels is None else labels[before.rows]


def _draw_weights(before: Findings) -> Weights:
    """Draw the resamples, the same for both, within classes."""
    room = _MOST_NUMBERS // max(len(before.origin), before.classes)
    resamples = min(_MOST_RESAMPLES, max(RESAMPLES, room))
    return bootstrap_weights(before.origin, before.plan.seed, resamples, rescaled=True)


def _accuracy(
    before: Findings, after: Findings, class_index: int | None = None
) -> DifferenceRecord:
    """Compare clean accuracy over all images of the split, or those of a class."""
    subject = Subject(class_index)
    labels, other = before.labels, after.labels
    if labels is None or other is None:
        return row(ACCURACY, subject, None, None, None, "there are no labels")
    members = np.full(len(labels), True) if class_index is None else labels == class_index
    if not members.any():
        why = "no image of the split has this label"
        return row(ACCURACY, subject, None, None, None, why)
    one, two = ((findings.predicted == labels)[members] for findings in (before, after))
    return _shares(ACCURACY, subject, one, two)


def _shares(figure: Figure, subject: Subject, one: BoolArray, two: BoolArray) -> DifferenceRecord:
    difference = share_difference(one, two)
    return row(figure, subject, float(one.mean()), float(two.mean()), difference)


def _over_classes(
    before: OverClasses, after: OverClasses, changed: Changed, origin: IntArray
) -> Iterator[DifferenceRecord]:
    worst = int(changed.of_class[list({before.worst, after.worst})].sum())
    for figure in _OVER_CLASSES:
        if figure is MODEL_ROBUSTNESS:
            one, two = before.robustness, after.robustness
            difference = left_difference(one, two, origin, changed.total)
            yield row(figure, _MODEL, one.value, two.value, difference)
        else:
            bearing = worst if figure is WORST_CLASS else changed.total
            pair = before.figures[figure.name], after.figures[figure.name]
            yield row(figure, _MODEL, pair[0][0], pair[1][0], difference_of(*pair, bearing))


def _class_robustness(
    before: OverClasses, after: OverClasses, changed: Changed, origin: IntArray, index: int
) -> DifferenceRecord:
    figure, subject = CLASS_ROBUSTNESS, Subject(index)
    one, two = before.of_class(index), after.of_class(index)
    if one is None or two is None:
        reasons = {"before": before.no_robustness[index], "after": after.no_robustness[index]}
        missing = "; ".join(f"{when}: {reason}" for when, reason in reasons.items() if reason)
        return row(figure, subject, one, two, None, missing)
    left, other = before.class_left(index), after.class_left(index)
    difference = Difference(two - one, None, None, None)
    if left is not None and other is not None:
        difference = left_difference(left, other, origin, int(changed.touching[index]))
    return row(figure, subject, one, two, difference)


def _attack(match: Match) -> DifferenceRecord:
    subject = Subject(None, match.place, match.name)
    return _shares(ROBUST_ACCURACY, subject, ~match.before.success, ~match.after.success)
