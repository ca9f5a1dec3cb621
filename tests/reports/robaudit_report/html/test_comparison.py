"""Reports have their parts in order, words stay words, and all of it fits."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support import comparison_samples as samples
from tests.support.browser import chromium, fits, page_of, poor_contrasts
from tests.support.report_words import FORMATS, draw, figures_of, words
from tests.support.schemas import validate


@pytest.mark.parametrize("name", FORMATS)
def test_outcome_and_verdict_come_first_and_warnings_follow(name: str, comparison: Any) -> None:
    comparison["before"]["warnings"] = ["Both are small.", "Only this one is grey."]
    comparison["after"]["warnings"] = ["Both are small."]
    comparison["warnings"] = ["The preprocessing differs."]
    report = words(draw(name, comparison))
    order = [
        "weak.onnx → digits.onnx",
        comparison["hardening"]["outcome"],
        *comparison["verdict"],
        "The preprocessing differs.",
        "Before and after: Both are small.",
        "Before: Only this one is grey.",
        "Restricted mean margin",
    ]
    at = [report.index(text) for text in order[:-1]]
    at.append(report.index(order[-1], at[-1]))
    assert at == sorted(at)


@pytest.mark.parametrize("name", FORMATS)
def test_the_original_given_back_is_said_and_nothing_is_marked_kept(name: str, real: Any) -> None:
    report = words(draw(name, samples.hardened(real, kept=False)))
    assert "The original is given back: every epoch lost too much." in report
    if name == "html":
        assert "Seed 0: kept no epoch" in report
        assert "(the model given back)" not in report
        assert "too large kept" not in report
        assert "allowed kept" not in report


@pytest.mark.parametrize("name", FORMATS)
def test_parts_without_content_are_left_out(name: str, plain: Any) -> None:
    report = words(draw(name, plain))
    for heading in ("Attacks", "Spread over", "Training", "given back", "Chosen"):
        assert heading not in report
    nothing = {**plain, "differences": [], "class_centers": [], "verdict": []}
    validate(nothing)
    report = words(draw(name, nothing))
    for heading in ("Classes that changed", "Which classes", "Class centres", "Figure", "| figure"):
        assert heading not in report


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_words_are_only_words(name: str, real: Any) -> None:
    comparison = samples.hostile(samples.hardened(real, seeds=2))
    report = draw(name, comparison)
    assert "\x1b" not in report
    if name != "text":
        assert "<script" not in report
        assert "<b onclick" not in report
    if name == "html":
        assert 'alt="Centre of class &#34;&gt;&lt;script&gt;' in report
        assert "&lt;b onclick=x&gt;&amp;amp;" in report


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, where it is installed."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize(
    ("width", "scheme"), [(1100, "light"), (1100, "dark"), (400, "light"), (400, "dark")]
)
def test_a_browser_shows_it_whole(
    comparison: Any, browser: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    with page_of(browser, draw("html", comparison), tmp_path, scheme, width) as page:
        assert page.locator("h1").inner_text() == "weak.onnx → digits.onnx"
        assert page.locator("h2").all_inner_texts() == [
            "Before and after",
            "Which classes changed",
            "How soon rays cross",
            "Attacks",
            "Accuracy against strength",
            "Class centres",
            "Where rays end",
            "Training",
            "Spread over seeds",
            "How to repeat this",
            "Terms",
        ]
        assert page.locator("table.classes tbody tr").count() == 10
        assert page.locator("table.heat").count() == 2
        assert page.locator("svg:not([aria-hidden]):not([role=img][aria-label])").count() == 0
        for table in page.locator("table").all():
            assert table.locator("thead th[scope=col]").count()
            assert table.locator("tbody th[scope=row]").count()
        pictures = page.locator("img")
        assert pictures.count() == 20
        for picture in pictures.all():
            assert picture.evaluate("image => image.naturalWidth") == 8
            assert picture.get_attribute("alt")
        assert fits(page, width)
        assert poor_contrasts(page) == []
        if width == 1100:
            for table in page.locator(".scroll:has(table.changes, table.heat)").all():
                assert table.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_long_and_missing_words_do_not_widen_the_page(
    real: Any, plain: Any, browser: Any, tmp_path: Path
) -> None:
    for one in (
        samples.hostile(samples.hardened(real, seeds=2)),
        samples.hardened(samples.without_numbers(plain)),
    ):
        for width in (360, 1100):
            with page_of(browser, draw("html", one), tmp_path, width=width) as page:
                assert fits(page, width)
                assert poor_contrasts(page) == []
