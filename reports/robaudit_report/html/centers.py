"""The table of class centres on both models (Table II)."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robaudit_report.view import audit as view

_SETS = ("before", "after")


@dataclass(frozen=True)
class Center:
    """A class centre: its picture (PNG in base64), row in the data, margins on both models."""

    picture: str | None
    row: int
    before: str
    after: str


@dataclass(frozen=True)
class CenterRow:
    """The centres of one class: that of the model before, and that of the model after."""

    name: str
    centers: Sequence[Center]


@dataclass(frozen=True)
class CenterTable:
    """All rows; below them averages and standard deviations over classes, one a column."""

    rows: Sequence[CenterRow]
    averages: Sequence[str]
    deviations: Sequence[str]
    classes: int


def table(comparison: view.Record, shown: Sequence[int]) -> CenterTable:
    """Make the table: rows of the classes shown, summaries over all."""
    found = comparison["class_centers"]
    pictures = {
        part: {one["class"]: one["picture"] for one in comparison[part]["class_centers"]}
        for part in _SETS
    }
    columns = [
        [one[f"center_of_{part}"][model] for one in found] for part in _SETS for model in _SETS
    ]
    return CenterTable(
        rows=[
            CenterRow(
                view.class_name(comparison["before"], one["class"]),
                [
                    _center(one[f"center_of_{part}"], pictures[part].get(one["class"]))
                    for part in _SETS
                ],
            )
            for one in found
            if one["class"] in shown
        ],
        averages=[_summary(statistics.mean, column, 1) for column in columns],
        deviations=[_summary(statistics.stdev, column, 2) for column in columns],
        classes=len(found),
    )


def _center(center: dict[str, Any], picture: str | None) -> Center:
    return Center(
        picture, center["row"], view.number(center["before"]), view.number(center["after"])
    )


def _summary(measure: Any, column: Sequence[float | None], fewest: int) -> str:
    """Summarise the numbers of a column that has enough of them."""
    numbers = [value for value in column if value is not None]
    return view.number(measure(numbers) if len(numbers) >= fewest else None)
