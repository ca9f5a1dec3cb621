"""The part of the page that shows attacks: what its template needs beyond the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable
from robaudit.record.schema.attacks import ClassClosestRecord
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.html import plot as html_plot
from robaudit_report.view import agreement, trust, words
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view.words import Estimated


@dataclass(frozen=True)
class Pair:
    """The distances of a class: to the nearest adversarial example, and along random directions.

    ``attack`` and ``ray`` are realised, and share an axis, on which ``places`` (0 to 1) are
    theirs; ``margin`` is nominal, and has none.
    """

    name: str
    samples: str
    attack: str
    ray: str
    ratio: str
    places: tuple[float | None, float | None]
    margin: str
    disagrees: bool


def context(record: AuditRecord) -> dict[str, Any]:
    """Give the variables of the template."""
    shown, closest = view.shown_classes(record), given(record.closest, None)
    return {
        "attack_view": attack_view,
        "trust": trust,
        "agreement": agreement,
        "plot": _plot(record),
        "query_plot": _query_plot(record),
        "query_distances": attack_view.query_distances(record),
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
        "of_right": closest is not None and given(closest.compared, None) is not None,
    }


def _plot(record: AuditRecord) -> html_plot.Plot | None:
    curves = given(record.curves, [])
    if not curves:
        return None
    drawn = [(curve.title, curve.strengths, curve.accuracy) for curve in curves if curve.strengths]
    return html_plot.make_plot("Robust accuracy by strength", _drawn(record, drawn))


def _query_plot(record: AuditRecord) -> html_plot.Plot | None:
    curves = given(record.query_curves, [])
    drawn = _drawn(record, [(curve.title, curve.queries, curve.accuracy) for curve in curves])
    title, numbers = "Robust accuracy by queries", "{:,.0f}".format
    return html_plot.make_plot(title, drawn, "queries", numbers) if curves else None


def _drawn(
    record: AuditRecord, curves: Sequence[tuple[str, Sequence[float], Sequence[Estimated]]]
) -> list[html_plot.Curve]:
    """Draw curves, of a title each, from accuracy as it is without an attack."""
    clean = attack_view.plan(record).clean
    return [
        html_plot.Curve(printable(title), places, accuracy, clean, number % len(html_plot.MARKS))
        for number, (title, places, accuracy) in enumerate(curves)
    ]


def _pairs(record: AuditRecord) -> list[Pair]:
    closest = given(record.closest, None)
    if not closest:
        return []
    classes = agreement.closest_classes(closest)
    measured = [_distances(of_class) for of_class in classes]
    known = [distance for pair in measured for distance in pair if distance is not None]
    farthest = max(known, default=0.0) or 1.0
    pairs = []
    for of_class, (attack, ray) in zip(classes, measured, strict=True):
        right = given(of_class.right_at_start, None)
        pairs.append(
            Pair(
                name=view.class_name(record, of_class.class_index),
                samples=str(right.samples) if right else "-",
                attack=words.number(attack),
                ray=words.number(ray),
                ratio=f"{ray / attack:.1f} times" if attack and ray is not None else "-",
                places=(_place(attack, farthest), _place(ray, farthest)),
                margin=words.number(agreement.margin_of(of_class)),
                disagrees=of_class.class_index in closest.disagreeing,
            )
        )
    return pairs


def _distances(of_class: ClassClosestRecord) -> tuple[float | None, float | None]:
    """Give how near an attack and a ray came, after clipping; older records know one of both."""
    right = given(of_class.right_at_start, None)
    return (right.attack, right.ray) if right else (of_class.closest, None)


def _place(distance: float | None, farthest: float) -> float | None:
    return None if distance is None else distance / farthest
