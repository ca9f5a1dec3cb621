"""What every report says of margins and attacks together."""

from robaudit.phrases import printable
from robaudit.record.schema.attacks import ClassClosestRecord, ClosestRecord
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import audit as view
from robaudit_report.view import words


def found_by(record: AuditRecord, closest: ClosestRecord) -> str:
    """Say by what means the smallest distances were found."""
    titles = {attack.name: attack.title for attack in record.attacks}
    titles |= {"rays": "a random direction", **given(closest.titles, {})}
    parts = [
        f"{printable(titles.get(name, name))} for {count:,}"
        for name, count in sorted(closest.by.items(), key=lambda item: -item[1])
        if count and name not in _NO_MEANS
    ]
    sentence = f"Of {closest.samples:,} samples, the nearest point was found by " + (
        ", ".join(parts) + "." if parts else "no means: none was found."
    )
    others = (
        f"{said}: {closest.by[name]:,}." for name, said in _NO_MEANS.items() if closest.by.get(name)
    )
    return " ".join([sentence, *others])


_NO_MEANS = {
    "misclassified": "Misclassified to begin with, at distance 0",
    "none": "Without any such point",
}


def correlation(closest: ClosestRecord) -> str:
    """Write the rank correlation with its interval, and what it is over, or why there is none."""
    estimate = closest.rank_correlation
    if estimate.value is None:
        return f"none: {printable(given(closest.missing, None) or 'it has no number')}"
    compared = given(closest.compared, None)
    over = (
        f"{closest.samples:,} samples, the misclassified ones among them"
        if compared is None
        else f"{compared:,} samples that are right at the start"
    )
    interval = words.estimate_interval(estimate, _two_digits)
    return f"{_two_digits(estimate.value)} ({interval}) over {over}"


def _two_digits(value: float | None) -> str:
    return words.number(value, 2)


def margin_of(of_class: ClassClosestRecord) -> float | None:
    """Give a class's mean margin, of samples right at the start where the record has it."""
    right = given(of_class.right_at_start, None)
    return of_class.margin if right is None else right.margin


def closest_classes(closest: ClosestRecord) -> list[ClassClosestRecord]:
    """List the classes to show beside each other, from the smallest margin on.

    All, or of many those where margins and attacks disagree and the worst others.
    """
    by_index = {of_class.class_index: of_class for of_class in closest.per_class}
    margins = {
        index: margin
        for index, of_class in by_index.items()
        if (margin := margin_of(of_class)) is not None
    }
    by_margin = sorted(margins, key=lambda index: margins[index])
    first = sorted(by_margin, key=lambda index: index not in closest.disagreeing)
    chosen = first[: view.MOST_CLASSES]
    return [by_index[index] for index in by_margin if index in chosen]
