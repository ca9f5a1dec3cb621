"""The summary of a comparison fits its terminal, and has its colours."""

import re
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.report_words import draw, figures_of


@pytest.mark.parametrize("width", [40, 60, 100, 140])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_number_is_cut_to_fit_a_terminal(comparison: Any, width: int, ascii_only: bool) -> None:
    text = draw("text", comparison, width=width, ascii_only=ascii_only)
    assert max(map(cell_len, text.splitlines())) <= width
    if ascii_only:
        assert text.isascii()
    for one in comparison["differences"]:
        if one["class"] is None:
            before, after, _ = figures_of(one)
            assert re.search(rf" {re.escape(before)} +{re.escape(after)} ", text), one["name"]
    assert "…" not in text
    assert "~" not in text


def test_colour_is_given_where_the_terminal_has_it(comparison: Any) -> None:
    coloured = draw("text", comparison, colour=True)
    assert "\x1b[32mbetter" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == draw("text", comparison).split()
