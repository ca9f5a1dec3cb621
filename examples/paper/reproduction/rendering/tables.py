"""Tables as documents show them: texts, footnotes and what the type faces mean."""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reproduction.rendering.cells import Parts, cell_parts

_ROOMY = 7
"""With more columns than this, the paper's number stands below ours and not beside it."""


@dataclass(frozen=True)
class Cell:
    """A cell's texts, and the mark of its footnote where it has one."""

    parts: Parts
    mark: str
    note: str


@dataclass(frozen=True)
class Column:
    """A heading, and whether the paper has a number anywhere below it."""

    name: str
    paper: bool


@dataclass(frozen=True)
class Row:
    """A row's heading and its cells."""

    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """What a table shows; ``label`` is its number, ``key`` says what its type faces mean."""

    id: str
    label: str
    title: str
    caption: str
    corner: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[tuple[str, str]]
    key: str
    roomy: bool
    reading: Sequence[str]


def view(table: Mapping[str, Any]) -> Table:
    """Bring a table of the results into the texts of its cells."""
    unit = table.get("unit", "number")
    marks: dict[str, str] = {}
    rows = [
        Row(row["name"], [_cell(cell, unit, marks) for cell in row["cells"]])
        for row in table["rows"]
    ]
    cells = [cell for row in rows for cell in row.cells]
    label, title = split_title(table["title"])
    return Table(
        id=table["id"],
        label=label,
        title=title,
        caption=table.get("caption", ""),
        corner=table.get("corner", ""),
        columns=[
            Column(name, any(row.cells[index].parts.paper for row in rows))
            for index, name in enumerate(table["columns"])
        ],
        rows=rows,
        notes=[(mark, note) for note, mark in marks.items()],
        key=_key(cells, table.get("brackets", "95% intervals")),
        roomy=len(table["columns"]) <= _ROOMY,
        reading=table.get("reading", ()),
    )


def figure_tables(figure: Mapping[str, Any]) -> Iterator[Table]:
    """Give the numbers of a figure as tables: one of the curves, or one of each panel."""
    if figure["kind"] == "curves":
        yield view(_curves_table(figure))
        return
    for panel in figure["panels"]:
        rows = [
            {"name": name, "cells": [{"value": value} for value in values]}
            for name, values in zip(panel["rows"], panel["matrix"], strict=True)
        ]
        yield view(_numbers(panel["name"], figure["unit"], panel["columns"], rows))


def split_title(title: str) -> tuple[str, str]:
    """Split the number of a table or figure from what it is called.

    >>> split_title("Table I: Adjacent classes")
    ('Table I', 'Adjacent classes')
    """
    found = re.fullmatch(r"((?:Table|Figure|Fig\.) \S+): (.+)", title)
    return (found[1], found[2]) if found else ("", title)


def sentence(text: str) -> str:
    """End a text with a full stop."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _curves_table(figure: Mapping[str, Any]) -> dict[str, Any]:
    """Put all series into columns, and each x into a row."""
    found = []
    for one in figure["series"]:
        nothing = [None] * len(one["x"])
        values = zip(one["y"], one["low"] or nothing, one["high"] or nothing, strict=True)
        cells = [{"value": y, "low": low, "high": high} for y, low, high in values]
        found.append(dict(zip(one["x"], cells, strict=True)))
    rows = [
        {"name": f"{x:g}", "cells": [column.get(x) for column in found]}
        for x in sorted(set().union(*found))
    ]
    names = [one["name"] for one in figure["series"]]
    table = _numbers(figure["y"]["title"], figure["y"].get("unit", "number"), names, rows)
    return {**table, "corner": figure["x"]["title"]}


def _numbers(title: str, unit: str, columns: Sequence[str], rows: Any) -> dict[str, Any]:
    return {"id": "", "title": title, "unit": unit, "columns": columns, "rows": rows}


def _cell(cell: Mapping[str, Any] | None, unit: str, marks: dict[str, str]) -> Cell:
    """Write a cell; equal notes share a mark, a new one gets the next letter."""
    note = (cell or {}).get("note", "")
    if note and note not in marks:
        count = len(marks)
        letters = string.ascii_lowercase
        marks[note] = letters[count % 26] * (1 + count // 26)
    return Cell(cell_parts(cell, unit), marks.get(note, ""), note)


def _key(cells: Sequence[Cell], brackets: str) -> str:
    """Say what brackets and italics mean, where there are any."""
    said = []
    if any(cell.parts.interval for cell in cells):
        said.append(f"In brackets: {sentence(brackets)}")
    if any(cell.parts.paper for cell in cells):
        said.append("In italics: the paper's numbers.")
    return " ".join(said)
