"""What reports say of the line of weights from the original to what was trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.phrases import printable
from robaudit.record.schema.hardening import RunRecord, StandingRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import class_losses, words


@dataclass(frozen=True)
class Standing:
    """How a point of the line does on a half of the validation data, in words."""

    accuracy: str
    margin: str
    attacked: str
    within: bool
    worst: str


@dataclass(frozen=True)
class Point:
    """A point of a line: how far it is from the original, and how it stands on each half.

    ``budget`` is that of the training that the line leads to.
    """

    name: str
    budget: str
    choosing: Standing
    confirming: Standing | None
    kept: bool


@dataclass(frozen=True)
class Line:
    """The points of one line or several from the original, and why one was kept."""

    why: str
    points: Sequence[Point]
    lines: int


def line_of(run: RunRecord) -> Line | None:
    """Give the line of a run, where one was walked."""
    line = given(run.line, None)
    if line is None:
        return None
    lines = len({point.budget for point in line.points if point.share})
    points = [
        Point(
            "original" if not point.share else f"{words.percent(point.share)} of the way",
            f"{budget:.3g}" if (budget := given(point.budget, None)) is not None else "",
            _standing(point.choosing),
            None if point.confirming is None else _standing(point.confirming),
            point.share == line.kept and (not line.kept or point.budget == line.budget),
        )
        for point in line.points
    ]
    return Line(printable(line.why), points, lines)


def _standing(stands: StandingRecord) -> Standing:
    return Standing(
        words.percent(stands.accuracy),
        words.number(stands.restricted_mean),
        words.percent(stands.attacked),
        stands.within,
        class_losses.said_of(stands.worst_class),
    )
