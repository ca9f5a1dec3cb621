"""The table of the README on the paper's own ground, from the results.

PYTHONPATH=examples/paper python -m reproduction.headline docs/paper/paper.json
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction.rendering import cell_text

_ROWS = {
    "Ori.": "trained plainly (Ori.)",
    "Adv.": "adversarially (Adv.)",
    "F.L.": "with feedback (F.L.)",
    "Continued": "as long without examples (Continued)",
}
_COLUMNS = ("accuracy", "gradient attacks", "noise")


def headline(results: Mapping[str, Any]) -> Iterator[str]:
    """Write the lines of the table, below its heading."""
    for section in results["datasets"]:
        cells = cells_of(section["tables"], "overview")
        for number, (name, title) in enumerate(_ROWS.items()):
            start = "" if number else f"**{section['title']}**, "
            values = (cell_text(cells[name, column], "share") for column in _COLUMNS)
            yield f"| {start}{title} | {' | '.join(values)} |"


def cells_of(
    tables: Sequence[Mapping[str, Any]], which: str
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Give the cells of a table by the names of row and column."""
    (table,) = (one for one in tables if one["id"] == which)
    return {
        (row["name"], column): cell
        for row in table["rows"]
        for column, cell in zip(table["columns"], row["cells"], strict=True)
    }


if __name__ == "__main__":
    found = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write("".join(f"{line}\n" for line in headline(found)))
