"""What every report shows of what was measured beside attacks: tables, and why one is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.measures import (
    ClassDirectionsRecord,
    CorruptionsRecord,
    DetectionsRecord,
    DirectionsRecord,
    MeasuresRecord,
)
from robaudit.record.schema.numbers import given
from robaudit_report.view import audit as view
from robaudit_report.view import words
from robaudit_report.view.words import Estimated

_ONE_DIGIT = 1


@dataclass(frozen=True)
class Table:
    """A table ready to print, its first column of names; ``note`` says what its numbers are.

    ``narrow`` are the places of columns for which a narrow terminal has room. ``pictures`` are,
    where there are any, two places (0 to 1) of each row on an axis that rows share.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str
    narrow: Sequence[int]
    pictures: Sequence[tuple[float | None, float | None]] = ()


def tables(record: AuditRecord) -> list[Table]:
    """Make the tables of all that was measured."""
    beside = _measures(record)
    return [] if beside is None else list(_tables(record, beside))


def skipped(record: AuditRecord) -> list[str]:
    """Say why measures that were asked for are not there."""
    beside = _measures(record)
    missing = {} if beside is None else beside.skipped
    return [f"Not measured: {name} ({printable(why)})." for name, why in missing.items()]


def _measures(record: AuditRecord) -> MeasuresRecord | None:
    return given(record.measures, None)


def _tables(record: AuditRecord, beside: MeasuresRecord) -> Iterator[Table]:
    if beside.corruptions is not None:
        yield _corruptions(beside.corruptions)
    if beside.detection is not None:
        yield _detection(beside.detection)
    if beside.directions is not None:
        yield _directions(record, beside.directions)


def _corruptions(found: CorruptionsRecord) -> Table:
    rows = [
        (printable(one.name).replace("_", " "), *_shares(one.mean), *map(_share, one.errors))
        for one in found.corruptions
    ]
    nothing = [""] * len(found.severities)
    return Table(
        "Error under common corruptions",
        ("corruption", "mean", "95%", *map(str, found.severities)),
        [
            ("none", *_shares(found.clean), *nothing),
            *rows,
            ("all", *_shares(found.mean), *nothing),
        ],
        "Shares of pictures of another class than their reference, by severity: those of "
        "ImageNet-C, which are harder on small pictures than those of CIFAR-10-C. The interval of "
        "a single severity, up to "
        f"{words.percent(_widest(found))} wide, is in the record.",
        (0, 1, 2),
    )


def _widest(found: CorruptionsRecord) -> float:
    """Give the width of the widest interval of a corruption at a severity."""
    return max(
        (
            one.high - one.low
            for of_each in found.corruptions
            for one in of_each.errors
            if one.high is not None and one.low is not None
        ),
        default=1.0,
    )


def _detection(found: DetectionsRecord) -> Table:
    rows = [
        (
            printable(one.trained_on),
            printable(one.tested_on),
            str(one.examples),
            *_shares(one.detected),
            *_shares(one.false_alarms),
            *_shares(one.auroc),
        )
        for one in found.pairs
    ]
    columns = ("trained on", "tested on", "examples", "detected", "95%", "false alarms", "95%")
    return Table(
        "Detection of examples",
        (*columns, "AUROC", "95%"),
        rows,
        "Detectors see the distances to the boundary along random directions, and which classes "
        "are adjacent; half of the samples and their examples trained them, the others are shown.",
        (0, 1, 7, 8),
    )


def _directions(record: AuditRecord, found: DirectionsRecord) -> Table:
    of_classes = {one.class_index: one for one in found.per_class}
    shown = [of_classes[index] for index in view.shown_classes(record) if index in of_classes]
    named: list[tuple[str, ClassDirectionsRecord | DirectionsRecord]] = [
        *((view.class_name(record, one.class_index), one) for one in shown),
        ("all", found),
    ]
    values = [(one.directions.value, one.linear.value) for _, one in named]
    largest = max((value for pair in values for value in pair if value), default=1.0)
    bounded = f" {found.at_most:,} samples reach the {found.most} that were tried: their counts "
    return Table(
        f"Orthogonal adversarial directions within {found.budget:g} (L2)",
        ("class", "samples", "directions", "95%", "if flat", "95%"),
        [
            (name, str(one.samples), *_counts(one.directions), *_counts(one.linear))
            for name, one in named
        ],
        "How many orthogonal directions lead out of the class of a sample that is right at the "
        "start, on average, and how many would if boundaries were flat."
        + (f"{bounded}are lower bounds." if found.at_most else ""),
        (0, 2, 3, 4),
        [(_place(crossed, largest), _place(linear, largest)) for crossed, linear in values],
    )


def _place(value: float | None, largest: float) -> float | None:
    return None if value is None else value / largest


def _counts(mean: Estimated) -> tuple[str, str]:
    return _count(mean.value), words.estimate_interval(mean, _count)


def _count(value: float | None) -> str:
    return words.number(value, _ONE_DIGIT)


def _share(share: Estimated) -> str:
    return words.percent(share.value)


def _shares(share: Estimated) -> tuple[str, str]:
    return _share(share), words.estimate_interval(share, words.percent)
