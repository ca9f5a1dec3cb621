"""What reports say of the line of weights from the original to what was trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.phrases import printable
from robaudit.record.schema.hardening import PointRecord, RunRecord, StandingRecord
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
    """A point of the line: how far it is from the original, and how it stands on each half."""

    name: str
    choosing: Standing
    confirming: Standing | None
    kept: bool


@dataclass(frozen=True)
class Line:
    """The line of weights from the original to what was trained, and why a point was kept."""

    why: str
    points: Sequence[Point]


def line_of(run: RunRecord) -> Line | None:
    """Give the line of a run, where one was walked."""
    line = given(run.line, None)
    if line is None:
        return None
    several = len({point.budget for point in line.points if point.share}) > 1
    points = [
        Point(
            _name(point, several),
            _standing(point.choosing),
            None if point.confirming is None else _standing(point.confirming),
            point.share == line.kept and (not line.kept or point.budget == line.budget),
        )
        for point in line.points
    ]
    return Line(printable(line.why), points)


def _name(point: PointRecord, several: bool) -> str:
    """Name a point, by the budget of its training, too, where there are several."""
    if not point.share:
        return "original"
    budget = given(point.budget, None)
    within = f", within {budget:.3g}" if several and budget is not None else ""
    return f"{words.percent(point.share)} of the way{within}"


def _standing(stands: StandingRecord) -> Standing:
    return Standing(
        words.percent(stands.accuracy),
        words.number(stands.restricted_mean),
        words.percent(stands.attacked),
        stands.within,
        class_losses.said_of(stands.worst_class),
    )
