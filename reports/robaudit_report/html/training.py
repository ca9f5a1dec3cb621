"""What the page of a comparison shows of training: lines of epochs, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit_report import svg
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view import words
from robaudit_report.view.hardening import Epoch, Run

WIDTH, HEIGHT = 220, 90
_FEWEST_UNITS = 0.02
"""A flat line is drawn over at least this range, lest noise look like a rise."""


@dataclass(frozen=True)
class Dot:
    """One epoch on a line: its place, and how it is marked: "kept", "outside" or neither."""

    x: float
    y: float
    kind: str


@dataclass(frozen=True)
class Line:
    """One measure over the epochs of a run; ``base`` is the height of the original's value."""

    title: str
    points: str
    dots: Sequence[Dot]
    base: float | None
    top: str
    bottom: str
    starts: Sequence[tuple[float, str]]
    end: str
    description: str


def context(comparison: ComparisonRecord, shown: Sequence[int]) -> dict[str, Any]:
    """Give the variables of the template; nothing where nothing was hardened."""
    hardening = comparison.hardening
    if not hardening:
        return {"facts": [], "made": False, "made_by": "", "by_level": False}
    return {
        **_pictured(hardening_view.runs(comparison, shown)),
        "spread": hardening_view.spread(hardening),
        "facts": hardening_view.facts(hardening),
        "made": bool(hardening_view.made_of_classes(comparison)),
        "made_by": hardening_view.made_by(comparison),
        "by_level": hardening_view.is_by_level(hardening),
    }


def so_far(record: AuditRecord, shown: Sequence[int]) -> dict[str, Any]:
    """Give the variables of the template of runs that were stopped; none where there are none."""
    return _pictured(hardening_view.runs_so_far(record, shown))


def _pictured(runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "runs": runs,
        "lines": [[line for line in _lines(run) if line] for run in runs],
        "line_width": WIDTH,
        "line_height": HEIGHT,
    }


def _lines(run: Run) -> list[Line | None]:
    return [
        _line("Restricted mean margin", run.epochs, "margin", math.inf, words.number),
        _line("Accuracy", run.epochs, "accuracy", 1.0, words.percent),
    ]


def _line(
    title: str, epochs: Sequence[Epoch], measure: str, most: float, write: Any
) -> Line | None:
    """Draw a measure over epochs, those of all rounds one after the other.

    ``most`` is the largest value that there can be.
    """
    values: list[float | None] = [getattr(epoch, measure) for epoch in epochs]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    spare = max(0.0, _FEWEST_UNITS - (high - low)) / 2
    low, high = max(0.0, low - spare), min(most, high + spare)
    last = len(epochs) - 1

    def height(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 1)

    dots = [
        Dot(round(WIDTH * place / last, 1), height(value), _kind(epoch))
        for place, (epoch, value) in enumerate(zip(epochs, values, strict=True))
        if value is not None
    ]
    return Line(
        title=title,
        points=svg.places((dot.x, dot.y) for dot in dots),
        dots=dots,
        base=None if values[0] is None else height(values[0]),
        top=write(high),
        bottom=write(low),
        starts=[
            (round(WIDTH * place / last, 1), f"round {epoch.round}")
            for place, epoch in enumerate(epochs)
            if epoch.epoch == 1 and epoch.round > 1
        ],
        end=f"epoch {epochs[-1].epoch}",
        description=f"{title} on validation data. "
        + ", ".join(
            f"{epoch.name} {write(value)}{' (kept)' if epoch.kept else ''}"
            for epoch, value in zip(epochs, values, strict=True)
        ),
    )


def _kind(epoch: Epoch) -> str:
    if epoch.kept:
        return "kept"
    return "" if epoch.within else "outside"
