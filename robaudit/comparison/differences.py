"""All differences between two comparable audits: of the model, its classes, under attacks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from robaudit.comparison.matching import Match
from robaudit.comparison.over_classes import (
    Changed,
    OverClasses,
    count_changed,
    difference_of,
    measure_over_classes,
)
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
from robaudit.stats.paired import mean_difference, share_difference
from robaudit.types import BoolArray, FloatArray, IntArray

_OTHER_ORIGIN = "the reference classes are predictions, and the two models predict differently"
_MODEL = Subject()
_OVER_CLASSES = (WORST_CLASS, MODEL_ROBUSTNESS, GINI, MAX_MIN)
_BY_REFERENCE = (MEAN_MARGIN, CROSSING_RATE, CLASS_ROBUSTNESS)
_MOST_RESAMPLES = 10_000
_MOST_NUMBERS = 5_000_000
"""So many numbers may a table of resamples hold, which bounds the memory."""


@dataclass(frozen=True)
class _Means:
    """A mean over samples: the figure, its highest value, and the values (S,) of both audits."""

    figure: Figure
    upper: float
    before: FloatArray
    after: FloatArray

    def row(self, subject: Subject, members: IntArray, weights: Weights) -> DifferenceRecord:
        """Compare the means over some of the samples."""
        one, two = self.before[members], self.after[members]
        difference = mean_difference(one, two, weights[:, members], self.upper)
        return row(self.figure, subject, float(one.mean()), float(two.mean()), difference)


def find_differences(
    before: Findings, after: Findings, attacks: list[Match]
) -> list[DifferenceRecord]:
    """List the differences: of the model, then of each searched class, then under each attack."""
    one, other = before.tally, after.tally
    means = (
        _Means(MEAN_MARGIN, before.plan.reach, one.restricted, other.restricted),
        _Means(CROSSING_RATE, 1.0, one.crossed_share, other.crossed_share),
    )
    weights = _draw_weights(before, after)
    everyone = np.arange(len(before.rows))
    differences = [
        _accuracy(before, after),
        *(mean.row(_MODEL, everyone, weights) for mean in means),
        *_right_at_start(means, one.right & other.right, weights),
    ]
    classes = np.union1d(before.origin, after.origin).tolist()
    if np.array_equal(before.origin, after.origin):
        measured = measure_over_classes(before, weights), measure_over_classes(after, weights)
        changed = count_changed(before, after)
        differences += _over_classes(*measured, changed)
        for index in classes:
            differences.append(_accuracy(before, after, index))
            members = np.flatnonzero(before.origin == index)
            differences += [mean.row(Subject(index), members, weights) for mean in means]
            differences.append(_class_robustness(*measured, changed, index))
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
    differences += [_attack(match) for match in attacks]
    return with_adjusted(differences)


def _right_at_start(
    means: Sequence[_Means], right: BoolArray, weights: Weights
) -> Iterator[DifferenceRecord]:
    """Compare the means over samples that are right at the start on both, if these are not all."""
    members = np.flatnonzero(right)
    if len(members) == len(right):
        return
    for mean in means:
        figure = OF_RIGHT[mean.figure]
        if len(members):
            found = replace(mean, figure=figure).row(_MODEL, members, weights)
        else:
            why = "no sample is right at the start on both models"
            found = row(figure, _MODEL, None, None, None, why)
        yield msgspec.structs.replace(found, samples=len(members))


def _draw_weights(before: Findings, after: Findings) -> Weights:
    """Draw the resamples, the same for both, within the classes that samples were chosen by."""
    groups = before.origin
    if not np.array_equal(before.origin, after.origin):
        labels = before.labels if before.labels is not None else after.labels
        groups = np.zeros_like(before.rows) if labels is None else labels[before.rows]
    room = _MOST_NUMBERS // max(len(groups), before.classes)
    resamples = min(_MOST_RESAMPLES, max(RESAMPLES, room))
    return bootstrap_weights(groups, before.plan.seed, resamples, rescaled=True)


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
    before: OverClasses, after: OverClasses, changed: Changed
) -> Iterator[DifferenceRecord]:
    worst = int(changed.of_class[list({before.worst, after.worst})].sum())
    for figure in _OVER_CLASSES:
        one, two = before.figures[figure.name], after.figures[figure.name]
        bearing = worst if figure is WORST_CLASS else changed.total
        biased = figure is not MODEL_ROBUSTNESS
        difference = difference_of(one, two, bearing, biased=biased)
        yield row(figure, _MODEL, one[0], two[0], difference)


def _class_robustness(
    before: OverClasses, after: OverClasses, changed: Changed, index: int
) -> DifferenceRecord:
    figure, subject = CLASS_ROBUSTNESS, Subject(index)
    one, two = before.of_class(index), after.of_class(index)
    if one is None or two is None:
        reasons = {"before": before.no_robustness[index], "after": after.no_robustness[index]}
        missing = "; ".join(f"{when}: {reason}" for when, reason in reasons.items() if reason)
        return row(figure, subject, one and one[0], two and two[0], None, missing)
    difference = difference_of(one, two, int(changed.touching[index]))
    return row(figure, subject, one[0], two[0], difference)


def _attack(match: Match) -> DifferenceRecord:
    subject = Subject(None, match.place, match.name)
    return _shares(ROBUST_ACCURACY, subject, ~match.before.success, ~match.after.success)
