"""The part of the page that shows attacks: what its template needs beyond the words."""

from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.html import plot as html_plot
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import words

TERMS = {
    "attack": "A method that looks for an adversarial example of a sample: an image close to it "
    "that the model puts in another class.",
    "budget": "How large a change may be to count, as a share of the pixel range. L-inf is the "
    "largest change of any one pixel, L2 the Euclidean length of the whole change.",
    "robust accuracy": "The share of samples that are in their reference class and for which the "
    "attack found no adversarial example within its budget.",
    "trust flag": "A sign that attacks look weaker than they should, so that the model only seems "
    "to be robust.",
}


@dataclass(frozen=True)
class Pair:
    """The closest distance and the mean margin of a class, as numbers and as places (0 to 1)."""

    name: str
    closest: str
    margin: str
    ratio: str
    places: tuple[float | None, float]
    disagrees: bool


def context(record: AuditRecord) -> dict[str, Any]:
    """Give the variables of the template."""
    shown = view.shown_classes(record)
    return {
        "attack_view": attack_view,
        "plot": _plot(record),
        "marks": html_plot.MARKS,
        "without_line": [
            (printable(curve.title), printable(curve.skipped))
            for curve in given(record.curves, [])
            if curve.skipped
        ],
        "per_class_names": [view.class_name(record, index) for index in shown],
        "per_class_rows": [
            (printable(attack.title), [attack.per_class[index] for index in shown])
            for attack in record.attacks
            if attack.per_class
        ],
        "pairs": _pairs(record),
    }


def _plot(record: AuditRecord) -> html_plot.Plot | None:
    curves = given(record.curves, [])
    if not curves:
        return None
    clean = attack_view.plan(record).clean
    drawn = [
        html_plot.Curve(
            printable(curve.title),
            curve.strengths,
            curve.accuracy,
            clean,
            number % len(html_plot.MARKS),
        )
        for number, curve in enumerate(curve for curve in curves if curve.strengths)
    ]
    return html_plot.make_plot("Robust accuracy by strength", drawn)


def _pairs(record: AuditRecord) -> list[Pair]:
    closest = given(record.closest, None)
    if not closest:
        return []
    classes = attack_view.closest_classes(closest)
    distances = [one.closest or 0.0 for one in classes] + [one.margin or 0.0 for one in classes]
    farthest = max(distances, default=0.0) or 1
    return [
        Pair(
            view.class_name(record, of_class.class_index),
            words.number(of_class.closest),
            words.number(of_class.margin),
            f"{margin / of_class.closest:.1f} times" if of_class.closest else "-",
            (None if of_class.closest is None else of_class.closest / farthest, margin / farthest),
            of_class.class_index in closest.disagreeing,
        )
        for of_class in classes
        if (margin := of_class.margin) is not None
    ]
