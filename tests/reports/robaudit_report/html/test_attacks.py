"""The part of the page that shows attacks."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit_words import percent, render, words
from tests.support.browser import fits, page_of, poor_contrasts


def test_the_page_says_where_budgets_come_from_and_what_could_not_be_checked(attacked: Any) -> None:
    page = words(render("html", attacked))
    for row in attacked["attacks"]:
        assert row["source"] in page
    assert "There are no gradients to look at." in page
    assert attacked["closest"]["sentence"] in page
    assert "0.61" in page


def test_the_page_has_the_numbers_of_curves_and_classes(attacked: Any) -> None:
    page = words(render("html", attacked))
    for number, strength in enumerate(attacked["curves"][0]["strengths"]):
        cells = [curve["accuracy"][number] for curve in attacked["curves"]]
        row = " ".join(
            f"{percent(one['value'])} {percent(one['low'])} to {percent(one['high'])}"
            for one in cells
        )
        assert f"{strength:g} {row}" in page
    for attack in attacked["attacks"]:
        if attack["per_class"]:
            row = " ".join(percent(one["value"]) for one in attack["per_class"])
            assert f"{attack['title']} {row}" in page
    for one in attacked["closest"]["per_class"]:
        closest, margin = one["closest"], one["margin"]
        row = "-" if closest is None else f"{closest:.3f}"
        last = "-" if closest is None else f"{margin / closest:.1f} times"
        assert f"{one['class']} {row} {margin:.3f} {last}" in page
    assert page.count("times disagree") == 2
    assert "Rank correlation 0.61 (0.48 to 0.72)" in page
    assert "found by PGD for 25, a random direction for 5." in page


def test_pictures_show_what_an_attack_did(attacked: Any) -> None:
    page = render("html", attacked)
    for shown in attacked["attack_gallery"]:
        for part in ("sample", "example", "difference"):
            assert shown[part] in page
    images = re.findall(r"<img [^>]*>", page)
    assert images
    assert all(re.search(r'alt="[^"]+"', image) for image in images)
    attacked["attack_gallery"][0]["sample"] = None
    assert render("html", attacked)


@pytest.mark.parametrize(
    ("width", "scheme"), [(1100, "light"), (1100, "dark"), (400, "light"), (400, "dark")]
)
def test_a_browser_shows_it_whole(
    attacked: Any, browser: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    with page_of(browser, render("html", attacked), tmp_path, scheme, width) as page:
        headings = page.locator("h2").all_inner_texts()
        assert headings[5:9] == [
            "Attacks",
            "Accuracy against strength",
            "Margins and attacks together",
            "Adversarial examples",
        ]
        assert page.locator("table.attacks tbody tr").count() == len(attacked["attacks"]) + 1
        assert page.locator(".trust li").count() == 1
        assert page.locator(".plot > svg[role=img][aria-label]").count() == 1
        assert page.locator(".triple img").count() == 9
        for table in page.locator("section:has(#attacks, #strengths, #together) table").all():
            assert table.locator("thead th[scope=col]").count()
            assert table.locator("tbody th[scope=row]").count()
        assert fits(page, width)
        assert poor_contrasts(page) == []
        whole = "e => e.scrollWidth <= e.clientWidth"
        if width == 1100:
            assert page.locator(".scroll:has(table.attacks)").evaluate(whole)
