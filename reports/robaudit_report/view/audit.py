"""What every report says, in words and in numbers ready to print.

Reports differ in how they look, never in what they say: that is here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from robaudit.phrases import called, printable
from robaudit.record import headlines, headlines_right_at_start
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.margins import (
    InequalityRecord,
    RightClassMarginRecord,
    RightInequalityRecord,
    RightMarginsRecord,
)
from robaudit.record.schema.numbers import given
from robaudit.types import Estimate
from robaudit_report.view import words
from robaudit_report.view.words import Estimated, estimate_interval, number, percent

MOST_CLASSES = 20
"""Of models with more classes, only the worst are shown."""

RIGHT = "right at the start"
ERROR = 0.05 / 3
"""A page has three kinds of sentences that chance could make: that classes differ, and one is the
worst, which is said only where they do; that one is the worst over all samples, too; and what
attacks have to say of classes. Together they are wrong in 5 % of audits."""

_MOST_NAMES = 6


@dataclass(frozen=True)
class Figure:
    """A headline figure: its value and interval as text, and a sentence on what it is.

    ``of_right`` are value and interval over the samples that are right at the start, where
    these are not all.
    """

    name: str
    value: str
    interval: str
    meaning: str
    of_right: tuple[str, str] | None = None


@dataclass(frozen=True)
class RightRow:
    """What is said of a class's samples that are right at the start."""

    samples: int
    margin: str
    margin_interval: str
    margin_share: tuple[float, float, float]
    crossing: str
    crossing_interval: str


@dataclass(frozen=True)
class ClassRow:
    """What is said of one class."""

    index: int
    name: str
    samples: int
    accuracy: str
    margin: str
    margin_interval: str
    margin_share: tuple[float, float, float]
    crossing: str
    crossing_interval: str
    not_crossed: Sequence[float]
    of_right: RightRow | None


def class_name(record: AuditRecord, index: int) -> str:
    """Give the name of a class, safe to print."""
    return printable(record.margins.per_class[index].name)


def names(record: AuditRecord, classes: Sequence[int]) -> str:
    """List the names of classes, the first of many."""
    listed = [class_name(record, index) for index in classes[:_MOST_NAMES]]
    more = f" and {len(classes) - len(listed)} more" if len(classes) > len(listed) else ""
    return ", ".join(listed) + more


def _classes(record: AuditRecord, classes: Sequence[int]) -> str:
    return f"{'class' if len(classes) == 1 else 'classes'} {names(record, classes)}"


def searched_classes(record: AuditRecord) -> list[int]:
    """List the classes that were searched, worst first: from the smallest margin on.

    It is that of samples right at the start, where there are any and the record has it.
    """
    right = given(record.margins.right_at_start, None)
    means: dict[int, float] = {}
    for index, of_class in enumerate(record.margins.per_class):
        own = None if right is None else right.per_class[index].restricted_mean.value
        mean = of_class.restricted_mean.value if own is None else own
        if mean is not None:
            means[index] = mean
    return sorted(means, key=lambda index: means[index])


def shown_classes(record: AuditRecord) -> list[int]:
    """List the classes that reports show, worst first: all, or the worst of many."""
    return searched_classes(record)[:MOST_CLASSES]


def omission(record: AuditRecord) -> str:
    """Say how many classes are not shown, if any."""
    shown, classes = len(shown_classes(record)), record.model.classes
    if shown == classes:
        return ""
    of_right = f" of samples {RIGHT}" if right_at_start(record) else ""
    return f"Shown are {shown} of {classes} classes, those with the smallest margins{of_right}."


def title(record: AuditRecord) -> str:
    """Give the name of the model, safe to print; of an audit that was stopped it says so."""
    return printable(record.model.name) + (" (partial)" if given(record.partial, None) else "")


def stopped_in(record: AuditRecord) -> str:
    """Say how far an audit came that was stopped; nothing of one that is whole."""
    stopped = given(record.partial, None)
    if stopped is None:
        return ""
    if stopped.stage == "training":
        return (
            "PARTIAL: a hardening interrupted in its training; this is the audit of the original. "
            "It passes no gate."
        )
    searched = f"{stopped.samples:,} of at most {stopped.of_samples:,} samples were searched"
    return f"PARTIAL: interrupted in its {stopped.stage}; {searched}. It passes no gate."


def right_at_start(record: AuditRecord) -> RightMarginsRecord | None:
    """Give the margins of samples that are right at the start, where these are not all.

    ``None``, too, for older records, which do not have them.
    """
    right = given(record.margins.right_at_start, None)
    return None if right is None or right.samples == record.plan.samples else right


def figures(record: AuditRecord) -> list[Figure]:
    """List the headline figures."""
    meanings = _meanings(record)
    of_right = headlines_right_at_start(record) if right_at_start(record) else {}
    listed = []
    for figure, estimate in headlines(record).items():
        write = partial(words.write, figure.unit)
        right = of_right.get(figure)
        listed.append(
            Figure(
                figure.title,
                write(estimate.value),
                _interval(estimate, write, "not known: the data has no labels"),
                meanings[figure.name],
                None
                if right is None
                else (
                    write(right.value),
                    _interval(right, write, f"not known: no sample is {RIGHT}"),
                ),
            )
        )
    return listed


def _interval(estimate: Estimate, write: Callable[[float | None], str], why_unknown: str) -> str:
    """Write an interval, or why there is none."""
    if estimate.value is None:
        return why_unknown
    if estimate.low is None and estimate.high is None:
        return f"no interval: {printable(estimate.reason or 'this record has none')}"
    return estimate_interval(estimate, write)


def _meanings(record: AuditRecord) -> dict[str, str]:
    """Say what each headline figure is, by its name."""
    inequality, reach = record.inequality, f"{record.plan.reach:g}"
    return {
        "accuracy": f"Share of all {called(record.data.image_shape)} of the split that are "
        "classified as labelled.",
        "restricted-mean-margin": "How far a random direction can be followed before the class "
        f"changes, on average; rays that never cross count as {reach}. RMS, as a share of the "
        f"pixel range (Euclidean: {number(record.margins.restricted_mean.l2, 2)}).",
        "crossing-rate": f"Share of rays on which the class changes within {reach}.",
        "worst-class-margin": "The smallest restricted mean margin of any class, "
        + worst_classes(record),
        "gini": "0 when all classes have the same restricted mean margin, towards 1 when one has "
        f"it all. The largest and the smallest differ by {number(inequality.max_min)}.",
    }


def worst_classes(record: AuditRecord) -> str:
    """Name the class with the smallest margin, with those that cannot be told from it.

    Of all samples and of those right at the start, where these are not all.
    """
    of_all = f"found for {worst_class(record, record.inequality)}"
    right = given(record.inequality.right_at_start, None)
    if right is None or right.worst_class is None or right_at_start(record) is None:
        return f"{of_all}."
    if right.p_value is None or right.p_value >= ERROR:
        return f"{of_all}; of samples {RIGHT}, all classes may be the same."
    return f"{of_all}; of samples {RIGHT}, for {worst_class(record, right)}."


def worst_class(record: AuditRecord, inequality: InequalityRecord | RightInequalityRecord) -> str:
    """Name the class with the smallest margin found, with those that cannot be told from it."""
    worst, alike = inequality.worst_class, given(inequality.worst_alike, None)
    if worst is None:
        return "no class"
    name, searched = f"class {class_name(record, worst)}", len(searched_classes(record))
    if searched == 1:
        return name
    if alike is None:
        return f"{name} (whether it stands out, this record does not say)"
    others = [index for index in alike if index != worst]
    if not others:
        return f"{name}, below each other class by more than chance"
    if len(others) == searched - 1:
        return f"{name}, from which no other class can be told"
    return f"{name}, from which {_classes(record, others)} cannot be told"


def without_interval(record: AuditRecord) -> list[str]:
    """Say of which classes shown a figure has no interval, and why."""
    reasons: dict[str, list[int]] = {}
    right = right_at_start(record)
    for index in shown_classes(record):
        of_class, own = record.margins.per_class[index], right and right.per_class[index]
        found = {of_class.restricted_mean.reason, of_class.crossing_rate.reason}
        found |= {own.restricted_mean.reason, own.crossing_rate.reason} if own else set()
        for reason in sorted(filter(None, found)):
            reasons.setdefault(reason, []).append(index)
    return [
        f"No interval for {_classes(record, classes)}: {printable(reason)}."
        for reason, classes in reasons.items()
    ]


def class_rows(record: AuditRecord) -> list[ClassRow]:
    """List what is said of each class shown, worst first."""
    reach = record.plan.reach
    right, rows = right_at_start(record), []
    for index in shown_classes(record):
        of_class = record.margins.per_class[index]
        margin = of_class.restricted_mean
        rows.append(
            ClassRow(
                index=index,
                name=class_name(record, index),
                samples=of_class.samples,
                accuracy=percent(record.clean.per_class[index].value),
                margin=number(margin.value),
                margin_interval=_of_class(margin),
                margin_share=_share(margin, reach),
                crossing=percent(of_class.crossing_rate.value),
                crossing_interval=_of_class(of_class.crossing_rate, percent),
                not_crossed=of_class.not_crossed,
                of_right=None if right is None else _right_row(right.per_class[index], reach),
            )
        )
    return rows


def _right_row(of_class: RightClassMarginRecord, reach: float) -> RightRow:
    margin, crossing = of_class.restricted_mean, of_class.crossing_rate
    return RightRow(
        samples=of_class.samples,
        margin=number(margin.value),
        margin_interval=_of_class(margin),
        margin_share=_share(margin, reach),
        crossing=percent(crossing.value),
        crossing_interval=_of_class(crossing, percent),
    )


def _of_class(estimate: Estimated, write: Callable[[float | None], str] = number) -> str:
    """Write the interval of a class; `without_interval` says why there is none."""
    missing = estimate.value is not None and estimate.low is None and estimate.high is None
    return "no interval" if missing else estimate_interval(estimate, write)


def _share(margin: Estimated, reach: float) -> tuple[float, float, float]:
    """Give a margin and the ends of its interval as shares of the reach."""
    value, low, high = words.ends(margin)
    return value / reach, low / reach, high / reach
