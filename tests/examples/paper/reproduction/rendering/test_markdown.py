"""The document in Markdown has every number."""

import html
import re
from collections import Counter

from tests.support.paper_results import expected_rows, shown


def test_markdown_has_every_row_with_the_same_numbers(markdown: str) -> None:
    found = []
    for line in markdown.splitlines():
        if line.startswith("| "):
            cells = re.split(r"(?<!\\) \| ", line[2:-2])
            plain = [re.sub(r"<sup>\w+</sup>", "", one) for one in cells]
            paper = [re.sub(r" · \*(.+)\*$", r" · paper \1", one) for one in plain]
            found.append(shown(*(html.unescape(re.sub(r"\\(.)", r"\1", one)) for one in paper)))
    for row, count in Counter(expected_rows()).items():
        assert found.count(row) == count, row
