"""The summary of an audit fits its terminal."""

import copy
import re
from typing import Any

import pytest
from rich.cells import cell_len

from robaudit import TextLayout
from robaudit.plugins import report_named
from tests.support.audit_words import render


@pytest.mark.parametrize("width", [40, 60, 96])
@pytest.mark.parametrize("name", ["3", "a very long name of a class"])
def test_no_number_is_cut_to_fit_a_terminal(record: Any, width: int, name: str) -> None:
    shown = copy.deepcopy(record)
    for index, one in enumerate(shown["margins"]["per_class"]):
        one["name"] = f"{index} {name}"
    text = report_named("text").render(shown, TextLayout(width=width))
    assert max(map(cell_len, text.splitlines())) <= width
    rows = [line for line in text.splitlines() if re.match(r" \d (3|a )", line)]
    assert len(rows) == 10
    means = [one["restricted_mean"]["value"] for one in shown["margins"]["per_class"]]
    for row, mean in zip(rows, sorted(means), strict=True):
        assert f"{mean:.3f} " in row
        assert row.count("%") == 2


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_summary_fits_the_terminal(attacked: Any, width: int, ascii_only: bool) -> None:
    text = render("text", attacked, TextLayout(width=width, ascii_only=ascii_only))
    assert max(map(cell_len, text.splitlines())) <= width
    if ascii_only:
        assert text.isascii()
