"""The table of what cases came to."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.judging import OUTCOMES

BEGINS, ENDS = "<!-- fuzz table: begin -->", "<!-- fuzz table: end -->"


def make_table(counted: Iterable[tuple[str, str]], names: Iterable[str]) -> str:
    """Make a Markdown table, formats by outcomes, of pairs of both.

    >>> print(make_table([("npz", "success"), ("npz", "hang")], ["npz"]).splitlines()[2][:23])
    | npz | 2 | 1 | 0 | 0 |
    """
    counts = Counter(counted)
    rows = [("format", "cases", *OUTCOMES), ("---", *["---:"] * (len(OUTCOMES) + 1))]
    numbers = {name: [counts[name, kind] for kind in OUTCOMES] for name in names}
    rows += [(name, *map(str, (sum(row), *row))) for name, row in numbers.items()]
    total = [sum(column) for column in zip(*numbers.values(), strict=True)]
    rows.append(("all", *map(str, (sum(total), *total))))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def put_table(document: Path, table: str) -> None:
    """Put a table between its marks in a document; raises ValueError where there are none."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(BEGINS, 1)
    after = rest.split(ENDS, 1)[1]
    document.write_text(f"{before}{BEGINS}\n{table}{ENDS}{after}", encoding="utf-8")
