"""The summary of an audit fits its terminal."""

import copy
import re
from typing import Any

import pytest
from rich.cells import cell_len

from robaudit import TextLayout
from robaudit.plugins import report_named
from robaudit_report.text import parts
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
    assert text.count("…") == (10 if name != "3" and width < 60 else 0)
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


@pytest.mark.parametrize(("width", "whole"), [(60, False), (96, True)])
def test_names_of_classes_are_cut_and_never_their_figures(width: int, whole: bool) -> None:
    columns = ("samples", "margin", "95 %", "rays crossed")
    rows = [("a name that is rather long", "1,000", "0.317", "0.201 to 0.446", "78.8%")] * 2
    layout = TextLayout(width=width)
    text = parts.write(parts.make_table_of_classes(layout, columns, rows), layout)
    assert max(map(cell_len, text.splitlines())) <= width
    named = [line for line in text.splitlines() if line.startswith(" a name")]
    assert len(named) == 2
    for shown in named:
        assert shown.split()[-5:] == ["0.317", "0.201", "to", "0.446", "78.8%"]
        assert (rows[0][0] in shown) == whole
