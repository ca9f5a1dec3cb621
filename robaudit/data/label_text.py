"""Labels as text: one a line, or a column of a table, with names of pictures or without."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.data.label_columns import (
    LABEL_HEADS,
    NAME_HEADS,
    NUMBER,
    Columns,
    choose_columns,
    names_of_numbers,
)
from robaudit.data.labels import is_one_hot
from robaudit.data.stacks import Pixels
from robaudit.data.text import is_picture_name
from robaudit.errors import DataError

_NO_LABELS = {"", "nan", "null", "n/a", "na"}
_EXPECTED = "one class number or name a line, or a table whose head names a column label"


@dataclass(frozen=True)
class LabelFile:
    """What a file of labels holds: ``values`` (n,) or one-hot (n, classes), numbers or names.

    ``names`` are those of the pictures that they are of, where the file has them; where they are
    ``indexed`` these are numbers, by which pictures need not be called. ``class_names`` are in the
    order of the numbers that stand beside them.
    """

    values: Pixels
    names: tuple[str, ...] | None = None
    indexed: bool = False
    class_names: tuple[str, ...] | None = None

    @property
    def counted(self) -> bool:
        """Whether what stands in front of the labels are the numbers of the images."""
        if self.names is None or not all(name.isdecimal() for name in self.names):
            return False
        return _counts(np.sort(np.array(self.names, dtype=np.int64)))

    def in_order(self) -> Pixels:
        """Give the labels in the order of the images: that of their numbers, or of the lines."""
        if self.names is None or not self.counted:
            return self.values
        order: Pixels = self.values[np.argsort(np.array(self.names, dtype=np.int64))]
        return order


@dataclass(frozen=True)
class _Row:
    line: int
    cells: tuple[str, ...]


def parse_labels(text: str) -> LabelFile:
    """Read the labels in a text.

    It has one label a line, a number or a name; or numbers with spaces or commas between
    them; or a table with commas, tabs or semicolons, whose head says which column is that
    of labels, or which has names of pictures in front. A first line that is a head is
    passed over.

    Raises DataError that says which line holds what.
    """
    rows = _rows(text)
    if not rows:
        raise DataError("nothing but empty lines", expected=_EXPECTED)
    split = [re.split(r"[\s,;]+", " ".join(row.cells).strip(" ,;")) for row in rows]
    if all(NUMBER.fullmatch(cell) for cells in split for cell in cells):
        return LabelFile(
            _from_numbers([_Row(r.line, tuple(c)) for r, c in zip(rows, split, strict=True)])
        )
    for row in rows:
        if len(row.cells) != len(rows[0].cells):
            raise DataError(
                f"line {row.line} holds {len(row.cells)} columns ({_shown(row)}), line "
                f"{rows[0].line} {len(rows[0].cells)}",
                expected=_EXPECTED,
            )
    if len(rows) == 1 and len(rows[0].cells) > 2:  # names with commas between them
        return LabelFile(_values([rows[0].line] * len(rows[0].cells), rows[0].cells))
    head, rows = (rows[0], rows[1:]) if _has_head(rows) else (None, rows)
    columns = [[row.cells[place] for row in rows] for place in range(len(rows[0].cells))]
    chosen = (
        Columns(0) if len(columns) == 1 else choose_columns(head.cells if head else (), columns)
    )
    if chosen is None:
        row = head or rows[0]
        raise DataError(
            f"line {row.line} holds {len(columns)} columns ({_shown(row)})", expected=_EXPECTED
        )
    return label_file(_values([row.line for row in rows], columns[chosen.labels]), columns, chosen)


def label_file(values: Pixels, columns: Sequence[Sequence[str]], chosen: Columns) -> LabelFile:
    """Make what a table holds: labels (n,), and what stands in other columns."""
    names = None if chosen.names is None else tuple(columns[chosen.names])
    if chosen.words is not None:
        words = columns[chosen.words]
        called = names_of_numbers(values.tolist(), words)
        if called is not None:
            return LabelFile(np.array(words), names, chosen.indexed, tuple(called))
    return LabelFile(values, names, chosen.indexed)


def _rows(text: str) -> list[_Row]:
    """Split a text into lines with something in them, and these into cells."""
    text = re.sub(r"^\s*\[([^][]*)\]\s*$", r"\1", text)  # a list as Python or JSON has it
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("# ")
    ]
    mark = next((mark for mark in ",;\t" if lines and all(mark in line for _, line in lines)), None)
    if mark is not None:
        return [_Row(number, _cells(line, mark)) for number, line in lines]
    pairs = [re.fullmatch(r"(\S+)\s+(\S.*)", line) for _, line in lines]
    if all(pair and is_picture_name(pair[1]) for pair in pairs[1:] or pairs):
        return [
            _Row(number, (pair[1], pair[2]) if pair else (line,))
            for (number, line), pair in zip(lines, pairs, strict=True)
        ]
    return [_Row(number, (line.strip("\"'"),)) for number, line in lines]


def _cells(line: str, mark: str) -> tuple[str, ...]:
    cells = next(csv.reader([line], delimiter=mark, skipinitialspace=True))
    return tuple(cell.strip() for cell in cells)


def _from_numbers(rows: Sequence[_Row]) -> Pixels:
    """Make labels of rows of nothing but numbers: one-hot, behind a count of rows, or a list."""
    lines = [row.line for row in rows for _ in row.cells]
    values = _values(lines, [cell for row in rows for cell in row.cells])
    widths = {len(row.cells) for row in rows}
    if len(rows) > 1 and len(widths) == 1 and widths != {1}:
        table = values.reshape(len(rows), -1)
        if is_one_hot(table):
            return table
        if table.shape[1] == 2 and _counts(table[:, 0]):
            return table[:, 1]
    return values


def _counts(column: Pixels) -> bool:
    """Tell whether a column counts the rows, from 0 or 1."""
    return any(np.array_equal(column, np.arange(len(column)) + first) for first in (0, 1))


def _has_head(rows: Sequence[_Row]) -> bool:
    """Tell a head by its words, or by its standing above numbers."""
    if len(rows) < 2:
        return False
    first = rows[0].cells
    heads = {cell.lower() for cell in first} & (LABEL_HEADS | NAME_HEADS)
    if heads and not any(NUMBER.fullmatch(cell) for cell in first):
        return not any(heads & {cell.lower() for cell in row.cells} for row in rows[1:])
    return any(
        not NUMBER.fullmatch(cell) and all(NUMBER.fullmatch(row.cells[place]) for row in rows[1:])
        for place, cell in enumerate(first)
    )


def _values(lines: Sequence[int], cells: Sequence[str]) -> Pixels:
    """Make an array of labels, numbers where they all are: (n,)."""
    words = [place for place, cell in enumerate(cells) if not NUMBER.fullmatch(cell)]
    for place in words:
        # A word or two among numbers are mistakes; letters among digits may be classes.
        few = len(words) == 1 or len(words) * 10 < len(cells)
        strange = cells[place].lower() in _NO_LABELS or is_picture_name(cells[place])
        if strange or (few and len(words) < len(cells)):
            raise DataError(
                f"line {lines[place]} holds {cells[place]!r}",
                expected="class numbers throughout, or names throughout",
            )
    if words:
        return np.array(cells)
    numbers = np.array(cells, dtype=np.float64)
    wrong = np.flatnonzero((numbers != np.rint(numbers)) | (np.abs(numbers) > 2**31))
    if len(wrong):
        raise DataError(
            f"line {lines[wrong[0]]} holds {cells[wrong[0]]!r}", expected="a whole class number"
        )
    return numbers.astype(np.int64)


def _shown(row: _Row) -> str:
    return ", ".join(map(repr, row.cells[:4])) + (", ..." if len(row.cells) > 4 else "")
