"""Plots of robust accuracy against the strength of an attack, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from robaudit_report.view import attacks as attack_view
from robaudit_report.view import words
from robaudit_report.view.words import Estimated

_WIDTH, _HEIGHT = 400, 200
_MOST_TICKS = 6
MARKS = (
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
    "m-3.2-3.2h6.4v6.4h-6.4z",
    "m0-4.4l4.4 7.6h-8.8z",
    "m0-4.6l4.6 4.6-4.6 4.6-4.6-4.6z",
)
"""Circle, square, triangle and diamond, drawn from their middle."""


@dataclass(frozen=True)
class Curve:
    """What one line shows: a robust accuracy for each strength, and the one without attack.

    ``series`` says how the line is drawn: its colour, dashes and marks.
    """

    title: str
    strengths: Sequence[float]
    accuracy: Sequence[Estimated]
    clean: Estimated
    series: int


@dataclass(frozen=True)
class Line:
    """One line of the plot: points, marks and whiskers as SVG, and its values in words."""

    title: str
    series: int
    points: str
    marks: str
    whiskers: str
    description: str


@dataclass(frozen=True)
class Plot:
    """Robust accuracy against strength; a tick is its place on the axis and its label.

    ``rows`` hold a strength, and of each line the value and its interval.
    """

    title: str
    width: int
    height: int
    lines: Sequence[Line]
    ticks: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]


def make_plot(title: str, curves: Sequence[Curve]) -> Plot:
    """Draw curves over one axis of strength."""
    farthest = max((max(curve.strengths) for curve in curves), default=0.0) or 1.0
    return Plot(
        title=title,
        width=_WIDTH,
        height=_HEIGHT,
        lines=[_line(curve, farthest) for curve in curves],
        ticks=[(f"{_WIDTH * tick / farthest:.1f}", f"{tick:g}") for tick in _ticks(farthest)],
        rows=_rows(curves),
    )


def _line(curve: Curve, farthest: float) -> Line:
    """Draw a line from the clean accuracy at strength 0 on, with a mark at each strength."""
    xs = [_WIDTH * strength / farthest for strength in curve.strengths]
    ranges = [[_HEIGHT * (1 - bound) for bound in words.ends(one)] for one in curve.accuracy]
    places = [f"{x:.1f},{y:.1f}" for x, (y, _, _) in zip(xs, ranges, strict=True)]
    clean = curve.clean.value
    start = [] if clean is None else [f"0,{_HEIGHT * (1 - clean):.1f}"]
    mark = MARKS[curve.series]
    values = ", ".join(
        f"{words.percent(one.value)} at {strength:.3g}"
        for strength, one in zip(curve.strengths, curve.accuracy, strict=True)
    )
    return Line(
        curve.title,
        curve.series,
        " ".join([*start, *places]),
        "".join(f"M{place}{mark}" for place in places),
        "".join(
            f"M{x:.1f} {low:.1f}V{high:.1f}" for x, (_, low, high) in zip(xs, ranges, strict=True)
        ),
        f"{curve.title}: {values}",
    )


def _ticks(farthest: float) -> list[float]:
    """Choose round numbers from 0 to the end of an axis."""
    power = 10.0 ** math.floor(math.log10(farthest))
    steps = [part * power / 10 for part in (1, 2, 5, 10, 20, 50)]
    step = next(step for step in steps if farthest / step < _MOST_TICKS)
    return [round(step * count, 12) for count in range(int(farthest / step + 1e-9) + 1)]


def _rows(curves: Sequence[Curve]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give, for each strength, the accuracy of each curve with its interval."""
    by_strength = [dict(zip(one.strengths, one.accuracy, strict=True)) for one in curves]
    rows = [("0", [_cell(curve.clean) for curve in curves])]
    for strength in sorted(set().union(*by_strength)):
        cells = [_cell(accuracy.get(strength)) for accuracy in by_strength]
        rows.append((attack_view.amount(strength), cells))
    return rows


def _cell(estimate: Estimated | None) -> tuple[str, str]:
    if estimate is None:
        return words.percent(None), words.interval((None, None))
    return words.percent(estimate.value), words.estimate_interval(estimate, words.percent)
