"""Which column of a table of labels holds what: classes, what they are called, of which image."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.data.text import is_picture_name
from robaudit.errors import DataError

LABEL_HEADS = {"label", "labels", "class", "classes", "target", "targets", "y", "category"}
LABEL_HEADS |= {"class_name", "class_id", "classname", "label_name", "label_id", "species"}
NAME_HEADS = {"file", "filename", "file_name", "fname", "image", "image_id", "image_name", "img"}
NAME_HEADS |= {"path", "filepath", "file_path", "image_path", "picture", "name", "id"}
INDEX_HEADS = {"", "index", "idx", "unnamed: 0", "row", "number", "no", "no.", "nr", "sample"}
INDEX_HEADS |= {"sample_id", "img_id", "img_idx", "image_idx", "image_index", "key"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MOST_CLASSES = 10**5

Column = Sequence[str]


@dataclass(frozen=True)
class Columns:
    """The places of columns: of ``labels``, and of the ``names`` of images where there is one.

    ``indexed`` says that these are numbers of a column that counts the images. ``words`` is the
    place of what the classes are called that ``labels`` numbers.
    """

    labels: int
    names: int | None = None
    indexed: bool = False
    words: int | None = None


def choose_columns(heads: Sequence[str], columns: Sequence[Column]) -> Columns | None:
    """Choose columns by their heads, and by what they hold; ``None`` where that is not clear.

    Several columns that are called as labels are have to say the same: a number for each class,
    and a name. Raises DataError for a column that counts the images in another order than they
    stand in, and is called as nothing that does.
    """
    heads = [head.strip().lower() for head in heads]
    files = [place for place, column in enumerate(columns) if all(map(is_picture_name, column))]
    names = files or [place for place, head in enumerate(heads) if head in NAME_HEADS]
    called = [place for place, head in enumerate(heads) if head in LABEL_HEADS]
    if not called and not names and len(columns) == 2 and counts(columns[0]):
        return Columns(1)
    labels = called or [place for place in range(len(columns)) if place not in names]
    numbers = [place for place in labels if all(map(NUMBER.fullmatch, columns[place]))]
    words = [place for place in labels if place not in numbers]
    if len(numbers) == 1 and words and called:
        if not all(_name_each_other(columns[numbers[0]], columns[place]) for place in words):
            return None
        labels = numbers
    if len(labels) != 1 or len(names) > 1 or labels == names[:1]:
        return None
    word = words[0] if labels == numbers and words else None
    if names:
        return Columns(labels[0], names[0], words=word)
    others = [place for place in range(len(columns)) if place not in (*labels, *words)]
    index = _index_among(heads, columns, others)
    return Columns(labels[0], index, index is not None, word)


def counts(column: Column, *, in_order: bool = True) -> bool:
    """Tell whether a column counts the rows from 0 or 1, in their order or in any."""
    if not all(cell.isdecimal() and len(cell) < 10 for cell in column):
        return False
    numbers = [int(cell) for cell in column]
    numbers = numbers if in_order else sorted(numbers)
    return any(numbers == list(range(first, len(numbers) + first)) for first in (0, 1))


def names_of_numbers(numbers: Sequence[object], words: Column) -> list[str] | None:
    """List what classes are called that have numbers, in the order of these.

    They count from 0, or from 1 where all from 1 on are there. A class that no image is of is
    called by its number. ``None`` where numbers are no such count.
    """
    if not all(float(str(number)).is_integer() for number in numbers):
        return None
    called = {int(float(str(number))): word for number, word in zip(numbers, words, strict=True)}
    if min(called) < 0 or max(called) > _MOST_CLASSES:
        return None
    first = int(sorted(called) == list(range(1, len(called) + 1)))
    return [called.get(number, str(number)) for number in range(first, max(called) + 1)]


def _name_each_other(numbers: Column, words: Column) -> bool:
    """Tell whether each number stands beside one word alone, and each word beside one number."""
    pairs = set(zip(numbers, words, strict=True))
    return len(pairs) == len(set(numbers)) == len(set(words))


def _index_among(
    heads: Sequence[str], columns: Sequence[Column], places: Sequence[int]
) -> int | None:
    """Find the column that counts the images in some order, of those at these places."""
    called = [
        place
        for place in places
        if heads and heads[place] in INDEX_HEADS and _are_distinct_numbers(columns[place])
    ]
    if called:
        return called[0]
    for place in places:
        if counts(columns[place], in_order=False) and not counts(columns[place]):
            name = heads[place] if heads else f"number {place + 1}"
            raise DataError(
                f"a column {name!r} that counts the images in another order than its lines have",
                expected="a column called index, if it says which image a line is of",
                advice="Else leave it out.",
            )
    return None


def _are_distinct_numbers(column: Column) -> bool:
    return all(cell.isdecimal() for cell in column) and len(set(column)) == len(column)
