"""Plots of robust accuracy against the strength of an attack, or its queries, as SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from robaudit_report import svg
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import words
from robaudit_report.view.words import Estimated

_WIDTH, _HEIGHT = 400, 200
MARKS = svg.MARKS[:4]
"""There are as many colours and dashes."""


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
    """Robust accuracy against strength, or whatever ``axis`` says; a tick is a place and its label.

    ``rows`` hold a strength, and of each line the value and its interval.
    """

    title: str
    axis: str
    width: int
    height: int
    lines: Sequence[Line]
    ticks: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]


def make_plot(
    title: str,
    curves: Sequence[Curve],
    axis: str = "strength",
    write: Callable[[float], str] = attack_view.amount,
) -> Plot:
    """Draw curves over one axis of strength, or another; ``write`` writes a number on it."""
    farthest = max((max(curve.strengths) for curve in curves), default=0.0) or 1.0
    return Plot(
        title=title,
        axis=axis,
        width=_WIDTH,
        height=_HEIGHT,
        lines=[_line(curve, farthest, write) for curve in curves],
        ticks=[(f"{_WIDTH * tick / farthest:.1f}", f"{tick:g}") for tick in svg.ticks(0, farthest)],
        rows=_rows(curves, write),
    )


def _line(curve: Curve, farthest: float, write: Callable[[float], str]) -> Line:
    """Draw a line from the clean accuracy at strength 0 on, with a mark at each strength."""
    xs = [_WIDTH * strength / farthest for strength in curve.strengths]
    ranges = [
        [_HEIGHT * (1 - bound) for bound in words.ends(estimate)] for estimate in curve.accuracy
    ]
    places = [svg.place(x, y) for x, (y, _, _) in zip(xs, ranges, strict=True)]
    clean = curve.clean.value
    start = [] if clean is None else [svg.place(0, _HEIGHT * (1 - clean))]
    mark = MARKS[curve.series]
    values = ", ".join(
        f"{words.percent(estimate.value)} at {write(strength)}"
        for strength, estimate in zip(curve.strengths, curve.accuracy, strict=True)
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


def _rows(
    curves: Sequence[Curve], write: Callable[[float], str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give, for each strength, the accuracy of each curve with its interval."""
    by_strength = [dict(zip(curve.strengths, curve.accuracy, strict=True)) for curve in curves]
    rows = [("0", [_cell(curve.clean) for curve in curves])]
    for strength in sorted(set().union(*by_strength)):
        cells = [_cell(accuracy.get(strength)) for accuracy in by_strength]
        rows.append((write(strength), cells))
    return rows


def _cell(estimate: Estimated | None) -> tuple[str, str]:
    if estimate is None:
        return words.percent(None), words.interval((None, None))
    return words.percent(estimate.value), words.estimate_interval(estimate, words.percent)
