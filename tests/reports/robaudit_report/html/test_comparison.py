"""The page of a comparison: its figures, its drawings, and how a browser shows it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import comparison_samples as samples
from tests.support.browser import fits, page_of, poor_contrasts
from tests.support.report_words import draw, figures_of, interval_of, mark_of, words


def test_the_page_has_every_figure_of_every_class(comparison: Any) -> None:
    page = words(draw("html", comparison))
    of_classes = [one for one in comparison["differences"] if one["class"] is not None]
    assert len(of_classes) == 40
    for one in of_classes:
        if one["difference"] is None:
            continue
        before, after, difference = figures_of(one)
        found = f"{before} → {after} {difference}"
        if mark_of(one) in ("better", "worse"):
            found += f" {mark_of(one)}"
        if not one["low"] is one["high"] is None:
            found += f" {interval_of(one)}"
        assert found in page, (one["class"], one["name"])
    for index, name in enumerate(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]):
        levels = [
            comparison[part]["inequality"]["levels"][index] or "none"
            for part in ("before", "after")
        ]
        made = comparison["hardening"]["runs"][0]["rounds"][0]["classes"][index]
        last = f"{levels[0]} → {levels[1]} {made['chosen']} {made['examples']} examples"
        assert re.search(rf" {name} [-\d.,]+ .*? {re.escape(last)}", page), last


def test_the_page_has_what_is_needed_to_repeat_it(comparison: Any) -> None:
    page = words(draw("html", comparison))
    hardening = comparison["hardening"]
    for text in (
        hardening["command"],
        "Low samples 150",
        "Adversary name: pgd; steps: 40",
        "Training data SHA-256 " + "a" * 64,
        "Trained on 1,234 samples",
        "Held out for validation 137 samples",
        "File: model hardened.onnx",
        "File: examples examples.npz",
        "Data SHA-256 " + comparison["before"]["data"]["sha256"],
        comparison["after"]["model"]["sha256"],
        "Seed 0",
        "numpy " + np.__version__,
    ):
        assert text in page, text
    comparison["after"]["environment"]["packages"]["numpy"] = "1.0"
    assert f"numpy {np.__version__} before, 1.0 after" in words(draw("html", comparison))


def test_differences_of_attacks_are_drawn_on_one_scale(comparison: Any) -> None:
    page = draw("html", comparison)
    attacked = [one for one in comparison["differences"] if one["attack_name"]]
    widest = max(abs(one[end]) for one in attacked for end in ("low", "high"))
    part = page[page.index('id="attacks"') : page.index('id="strengths"')]
    drawn = re.findall(r'class="span" d="M(\S+) 0H(\S+)"/><circle class="dot" cx="(\S+)"', part)
    wanted = [[64 * one[key] / widest for key in ("low", "high", "difference")] for one in attacked]
    np.testing.assert_allclose(np.array(drawn, float), wanted, atol=0.06)


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
            "Where rays end",
            "Class centres",
            "How the paper ranks classes",
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
