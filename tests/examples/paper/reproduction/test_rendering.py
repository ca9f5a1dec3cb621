"""All documents say what the results say, and text is never markup."""

import copy

from reproduction.rendering import render_html, render_markdown, render_pictures
from tests.support.paper_results import NASTY, READABLE, RESULTS, PageTables, shown


def test_a_changed_number_changes_every_document() -> None:
    other = copy.deepcopy(RESULTS)
    other["datasets"][1]["tables"][0]["rows"][0]["cells"][0]["value"] = 0.7654
    for text in (render_html(other), render_markdown(other, None)):
        assert "76.5%" in text
    assert "76.5%" not in render_html(RESULTS) + render_markdown(RESULTS, None)


def test_text_is_never_markup(page: str, markdown: str) -> None:
    assert "<b>cat" not in page
    assert "<b>cat" not in markdown
    assert "\x1b" not in page + markdown
    parser = PageTables()
    parser.feed(page)
    assert sum(READABLE in text for text in parser.texts) > 20
    assert "| *dog*" not in markdown
    assert "[a](b)" not in markdown


def test_the_abstract_comes_first_and_verdicts_are_listed(page: str, markdown: str) -> None:
    for text in (page, markdown):
        assert text.index("Which paper it is.") < text.index("It helps by 3.1 points.")
        assert "What was done differently" in text
        assert "Where it does not agree" not in text
        assert text.count("Agreement with the paper") >= 2
        assert "1 h 0 min, 1 h 30 min of work" in text
        assert "not all stages were done with the same torch" in text
    assert "| R | &lt;b&gt;cat" in markdown
    parser = PageTables()
    parser.feed(page)
    rows = [shown(*row) for table in parser.tables for row in table]
    assert rows.count(shown("R", NASTY, "open", f"Found {NASTY}")) == 2


def test_results_may_lack_what_is_optional() -> None:
    least = {**RESULTS, "beyond": None, "limits": [], "summary": [], "datasets": [
        {"id": "mnist", "title": "MNIST", "what": []},
    ]}  # fmt: skip
    assert "MNIST" in render_html(least)
    assert "## MNIST" in render_markdown(least, None)
    assert render_pictures(least) == {}
