"""Labels as text: one a line, or a column of a table, with names of pictures or without."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.data.labels import is_one_hot
from robaudit.data.stacks import Pixels
from robaudit.data.text import is_picture_name
from robaudit.errors import DataError

LABEL_HEADS = {"label", "labels", "class", "classes", "target", "targets", "y", "category"}
LABEL_HEADS |= {"class_name", "class_id", "classname", "label_name", "label_id", "species"}
NAME_HEADS = {"file", "filename", "file_name", "fname", "image", "image_id", "image_name", "img"}
NAME_HEADS |= {"path", "filepath", "file_path", "image_path", "picture", "name", "id"}
_NO_LABELS = {"", "nan", "null", "n/a", "na"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EXPECTED = "one class number or name a line, or a table whose head names a column label"


@dataclass(frozen=True)
class LabelFile:
    """What a file of labels holds: ``values`` (n,) or one-hot (n, classes), numbers or names.

    ``names`` are those of the pictures that they are of, where the file has them.
    """

    values: Pixels
    names: tuple[str, ...] | None = None

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
    if all(_NUMBER.fullmatch(cell) for cells in split for cell in cells):
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
    names, labels = _choose_columns(head, rows, columns)
    values = _values([row.line for row in rows], columns[labels])
    return LabelFile(values, None if names is None else tuple(columns[names]))


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
    if heads and not any(_NUMBER.fullmatch(cell) for cell in first):
        return not any(heads & {cell.lower() for cell in row.cells} for row in rows[1:])
    return any(
        not _NUMBER.fullmatch(cell) and all(_NUMBER.fullmatch(row.cells[place]) for row in rows[1:])
        for place, cell in enumerate(first)
    )


def _choose_columns(
    head: _Row | None, rows: Sequence[_Row], columns: Sequence[Sequence[str]]
) -> tuple[int | None, int]:
    """Choose the column with the names of pictures, if there is one, and that of labels."""
    if len(columns) == 1:
        return None, 0
    heads = [] if head is None else [cell.lower() for cell in head.cells]
    files = [place for place, column in enumerate(columns) if all(map(is_picture_name, column))]
    names = files or [place for place, cell in enumerate(heads) if cell in NAME_HEADS]
    called = [place for place, cell in enumerate(heads) if cell in LABEL_HEADS]
    numbers = [place for place in called if all(map(_NUMBER.fullmatch, columns[place]))]
    if len(called) > 1 and len(numbers) == 1:  # a number and a name of the same class
        called = numbers
    rest = [place for place in range(len(columns)) if place not in names]
    if not called and not names and len(columns) == 2 and _counts_as_text(columns[0]):
        rest = [1]
    labels = called or rest
    if len(labels) != 1 or len(names) > 1 or labels == names[:1]:
        row = head or rows[0]
        raise DataError(
            f"line {row.line} holds {len(columns)} columns ({_shown(row)})",
            expected=_EXPECTED,
        )
    return (names[0] if names else None), labels[0]


def _counts_as_text(column: Sequence[str]) -> bool:
    return all(cell.isdecimal() for cell in column) and _counts(np.array(column, dtype=np.int64))


def _values(lines: Sequence[int], cells: Sequence[str]) -> Pixels:
    """Make an array of labels, numbers where they all are: (n,)."""
    words = [place for place, cell in enumerate(cells) if not _NUMBER.fullmatch(cell)]
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
