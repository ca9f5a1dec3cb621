"""Tables: the points of curves, why a number is missing, and what marks mean."""

import html

from reproduction.rendering import render_html, render_markdown
from tests.support.paper_results import ATTACKS, READABLE, RESULTS, PageTables, words


def test_the_points_of_curves_are_in_a_table(page: str, markdown: str) -> None:
    parser = PageTables()
    parser.feed(page)
    rows = [[words(one) for one in row] for table in parser.tables for row in table]
    assert ["0", "98.0% [90.0, 100.0]", "97.0%"] in rows
    assert ["0.25", "31.0% [30.0, 40.0]", "–"] in rows  # noqa: RUF001
    assert "| 0 | 98.0% [90.0, 100.0] | 97.0% |" in markdown


def test_cells_without_a_number_say_why(page: str, markdown: str) -> None:
    note = html.escape(f"not run: {READABLE}", quote=False)
    assert f"<sup>a</sup> {note}" in page
    assert "<sup>b</sup> another reason." in page
    assert "<sup>a</sup> not run: &lt;b&gt;cat" in markdown
    assert "–<sup>a</sup> · *90.0%* |" in markdown  # noqa: RUF001


def test_italics_are_explained_where_there_are_any(markdown: str, page: str) -> None:
    told = "In italics: the paper's numbers."
    assert markdown.count(told) == 5
    assert html.unescape(page).count(told) == 5
    own = {**RESULTS, "beyond": None, "datasets": []}
    assert told not in render_markdown(own, None)


def test_a_table_may_say_itself_what_its_brackets_are() -> None:
    section = RESULTS["datasets"][0]
    table = {**ATTACKS, "brackets": "least and greatest"}
    results = {**RESULTS, "datasets": [{**section, "tables": [table], "figures": []}]}
    for text in (render_markdown(results, None), render_html(results)):
        assert "In brackets: least and greatest." in text
        assert "In brackets: 95% intervals." not in text.split("Beyond")[-2]
