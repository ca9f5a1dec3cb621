"""The part of the page that shows attacks: what its template needs beyond the words."""

from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable
from robaudit_report.html import plot as html_plot
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view

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


def context(record: view.Record) -> dict[str, Any]:
    """Give the variables of the template."""
    shown = view.shown_classes(record)
    return {
        "attack_view": attack_view,
        "plot": _plot(record),
        "marks": html_plot.MARKS,
        "without_line": [
            (printable(one["title"]), printable(one["skipped"]))
            for one in record.get("curves") or []
            if one["skipped"]
        ],
        "per_class_names": [view.class_name(record, index) for index in shown],
        "per_class_rows": [
            (printable(one["title"]), [one["per_class"][index] for index in shown])
            for one in record["attacks"]
            if one["per_class"]
        ],
        "pairs": _pairs(record),
    }


def _plot(record: view.Record) -> html_plot.Plot | None:
    curves = record.get("curves")
    if not curves:
        return None
    clean = record["attack_plan"]["clean"]
    drawn = [
        html_plot.Curve(
            printable(one["title"]),
            one["strengths"],
            one["accuracy"],
            clean,
            number % len(html_plot.MARKS),
        )
        for number, one in enumerate(one for one in curves if one["strengths"])
    ]
    return html_plot.make_plot("Robust accuracy by strength", drawn)


def _pairs(record: view.Record) -> list[Pair]:
    if not record.get("closest"):
        return []
    classes = attack_view.closest_classes(record)
    farthest = max((max(one["closest"] or 0, one["margin"]) for one in classes), default=0) or 1
    pairs = []
    for one in classes:
        closest, margin = one["closest"], one["margin"]
        pairs.append(
            Pair(
                view.class_name(record, one["class"]),
                view.number(closest),
                view.number(margin),
                f"{margin / closest:.1f} times" if closest else "-",
                (None if closest is None else closest / farthest, margin / farthest),
                one["class"] in record["closest"]["disagreeing"],
            )
        )
    return pairs
