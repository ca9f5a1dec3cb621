"""Pictures of margins: heat maps of mean margins, curves of rays that have not crossed yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.record.schema.audit import AuditRecord
from robaudit_report import svg
from robaudit_report.view import audit as view
from robaudit_report.view import words

CURVE_WIDTH, CURVE_HEIGHT = 160, 80
HOTTEST = 0.8
"""No cell is coloured more than this: its text must still be read."""


@dataclass(frozen=True)
class Cell:
    """One cell of the heat map: a mean margin as text, how hot it is (0 to 1), and its count."""

    margin: str
    heat: float
    count: str


@dataclass(frozen=True)
class HeatRow:
    """One row of the heat map: rays that start from one class."""

    name: str
    cells: Sequence[Cell | None]
    none: str


def often_reached(record: AuditRecord) -> list[int]:
    """Choose the adjacent classes of the heat map: all, or those most often reached.

    They come in the order of its rows, those with the smallest margins first.
    """
    shares = record.inequality.adjacent_share
    often = sorted(range(len(shares)), key=lambda index: -shares[index])
    place = {index: number for number, index in enumerate(view.searched_classes(record))}
    return sorted(often[: view.MOST_CLASSES], key=lambda index: place.get(index, len(shares)))


def heat_rows(record: AuditRecord, origins: Sequence[int], columns: Sequence[int]) -> list[HeatRow]:
    """Make the rows of a heat map, from the classes ``origins`` to the classes ``columns``."""
    margins, reach = record.margins, record.plan.reach
    rows = []
    for origin in origins:
        cells: list[Cell | None] = []
        for adjacent in columns:
            margin = margins.mean_matrix[origin][adjacent]
            count = margins.count_matrix[origin][adjacent]
            if margin is None:
                cells.append(None)
            else:
                heat = HOTTEST * max(0.0, 1 - margin / reach)
                cells.append(Cell(f"{margin:.2f}", round(heat, 3), f"{count:,}"))
        shares = margins.per_class[origin].not_crossed
        stay = words.percent(shares[-1] if shares else None)
        rows.append(HeatRow(view.class_name(record, origin), cells, stay))
    return rows


def curve_points(shares: Sequence[float]) -> str:
    """Draw a curve of shares as the points of an SVG polyline."""
    last = max(1, len(shares) - 1)
    return svg.places(
        (CURVE_WIDTH * step / last, CURVE_HEIGHT * (1 - share)) for step, share in enumerate(shares)
    )


def curve_words(shares: Sequence[float]) -> str:
    """Say where a curve stands half-way and at its end."""
    half, end = shares[len(shares) // 2], shares[-1]
    return f"{words.percent(half)} of rays not crossed half-way, {words.percent(end)} at the end"
