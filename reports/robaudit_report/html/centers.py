"""The table of class centres on both models (Table II)."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.record.schema.comparison import CenterRecord, ComparisonRecord
from robaudit_report.view import audit as view
from robaudit_report.view import words


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


def table(comparison: ComparisonRecord, shown: Sequence[int]) -> CenterTable:
    """Make the table: rows of the classes shown, in their order; summaries over all."""
    before, after = (
        {center.class_index: center.picture for center in audit.class_centers}
        for audit in (comparison.before, comparison.after)
    )
    classes = comparison.class_centers
    place = {index: number for number, index in enumerate(shown)}
    columns = [
        [center.center_of_before.before for center in classes],
        [center.center_of_before.after for center in classes],
        [center.center_of_after.before for center in classes],
        [center.center_of_after.after for center in classes],
    ]
    return CenterTable(
        rows=[
            CenterRow(
                view.class_name(comparison.before, center.class_index),
                [
                    _center(center.center_of_before, before.get(center.class_index)),
                    _center(center.center_of_after, after.get(center.class_index)),
                ],
            )
            for center in sorted(
                (center for center in classes if center.class_index in place),
                key=lambda center: place[center.class_index],
            )
        ],
        averages=[_summary(statistics.mean, column, 1) for column in columns],
        deviations=[_summary(statistics.stdev, column, 2) for column in columns],
        classes=len(classes),
    )


def _center(center: CenterRecord, picture: str | None) -> Center:
    return Center(picture, center.row, words.number(center.before), words.number(center.after))


def _summary(measure: Any, column: Sequence[float | None], fewest: int) -> str:
    """Summarise the numbers of a column that has enough of them."""
    numbers = [value for value in column if value is not None]
    return words.number(measure(numbers) if len(numbers) >= fewest else None)
