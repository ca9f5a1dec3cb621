"""The part of the page that shows attacks: what its template needs beyond the words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable
from robaudit_report import attack_view, view

_WIDTH, _HEIGHT = 400, 200
_MOST_TICKS = 6
_MARKS = (
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
    "m-3.2-3.2h6.4v6.4h-6.4z",
    "m0-4.4l4.4 7.6h-8.8z",
    "m0-4.6l4.6 4.6-4.6 4.6-4.6-4.6z",
)
"""Circle, square, triangle and diamond, drawn from their middle."""

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
class Line:
    """One line of the plot: points, marks and whiskers as SVG, and its values in words."""

    title: str
    points: str
    marks: str
    whiskers: str
    description: str


@dataclass(frozen=True)
class Plot:
    """Robust accuracy against strength; a tick is its place on the axis and its label."""

    width: int
    height: int
    lines: Sequence[Line]
    ticks: Sequence[tuple[str, str]]
    skipped: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]


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
        "marks": _MARKS,
        "per_class_names": [view.class_name(record, index) for index in shown],
        "per_class_rows": [
            (printable(one["title"]), [one["per_class"][index] for index in shown])
            for one in record["attacks"]
            if one["per_class"]
        ],
        "pairs": _pairs(record),
    }


def _plot(record: view.Record) -> Plot | None:
    curves = record.get("curves") or []
    drawn = [curve for curve in curves if curve["strengths"]]
    if not curves:
        return None
    clean = record["attack_plan"]["clean"]
    farthest = max((max(curve["strengths"]) for curve in drawn), default=0.0) or 1.0
    return Plot(
        width=_WIDTH,
        height=_HEIGHT,
        lines=[_line(curve, clean, farthest, index) for index, curve in enumerate(drawn)],
        ticks=[(f"{_WIDTH * tick / farthest:.1f}", f"{tick:g}") for tick in _ticks(farthest)],
        skipped=[
            (printable(curve["title"]), printable(curve["skipped"]))
            for curve in curves
            if curve["skipped"]
        ],
        rows=_strength_rows(drawn, clean),
    )


def _line(
    curve: Mapping[str, Any], clean: Mapping[str, float | None], farthest: float, index: int
) -> Line:
    """Draw a line from the clean accuracy at strength 0 on, with a mark at each strength."""
    xs = [_WIDTH * strength / farthest for strength in curve["strengths"]]
    ranges = [
        [_HEIGHT * (1 - bound) for bound in attack_view.share(one)] for one in curve["accuracy"]
    ]
    places = [f"{x:.1f},{y:.1f}" for x, (y, _, _) in zip(xs, ranges, strict=True)]
    start = [] if clean["value"] is None else [f"0,{_HEIGHT * (1 - clean['value']):.1f}"]
    mark = _MARKS[index % len(_MARKS)]
    values = ", ".join(
        f"{view.percent(one['value'])} at {strength:.3g}"
        for strength, one in zip(curve["strengths"], curve["accuracy"], strict=True)
    )
    title = printable(curve["title"])
    return Line(
        title,
        " ".join([*start, *places]),
        "".join(f"M{place}{mark}" for place in places),
        "".join(
            f"M{x:.1f} {low:.1f}V{high:.1f}" for x, (_, low, high) in zip(xs, ranges, strict=True)
        ),
        f"{title}: {values}",
    )


def _ticks(farthest: float) -> list[float]:
    """Choose round numbers from 0 to the end of an axis."""
    power = 10.0 ** math.floor(math.log10(farthest))
    steps = [part * power / 10 for part in (1, 2, 5, 10, 20, 50)]
    step = next(step for step in steps if farthest / step < _MOST_TICKS)
    return [round(step * count, 12) for count in range(int(farthest / step + 1e-9) + 1)]


def _strength_rows(
    curves: Sequence[Mapping[str, Any]], clean: Mapping[str, float | None]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give, for each strength, the accuracy of each curve with its interval."""
    found = [dict(zip(one["strengths"], one["accuracy"], strict=True)) for one in curves]
    nothing = {"value": None, "low": None, "high": None}
    rows = [("0", [clean] * len(found))]
    for strength in sorted(set().union(*found)):
        cells = [accuracy.get(strength, nothing) for accuracy in found]
        rows.append((attack_view.amount(strength), cells))
    return [
        (
            name,
            [
                (view.percent(one["value"]), view.estimate_interval(one, view.percent))
                for one in row
            ],
        )
        for name, row in rows
    ]


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
