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
    right = attacked["margins"]["right_at_start"]["per_class"]
    worst_first = sorted(range(10), key=lambda index: right[index]["restricted_mean"]["value"])
    for attack in attacked["attacks"]:
        if attack["per_class"]:
            row = " ".join(percent(attack["per_class"][index]["value"]) for index in worst_first)
            assert f"{attack['title']} {row}" in page
    assert page.count(" disagree") == 2
    assert "Rank correlation : 0.61 (0.48 to 0.72) over 28 samples that are right" in page
    assert "found by PGD for 25, a random direction for 5." in page


def test_the_page_has_accuracy_by_queries_and_how_near_attacks_came(attacked: Any) -> None:
    page = words(render("html", attacked))
    (curve,) = attacked["query_curves"]
    assert "Accuracy against queries" in page
    for queries, one in zip(curve["queries"], curve["accuracy"], strict=True):
        interval = f"{percent(one['low'])} to {percent(one['high'])}"
        assert f"{queries:,} {percent(one['value'])} {interval}" in page
    assert "HopSkipJump: half of the samples" in page
    assert "within a distance (L2) of 1.800 (1.200 to 2.600) after 1,250 and 0.750" in page
    curve["median_distance"] = [curve["median_distance"][0]] * 3
    assert "have no example after as many queries" in words(render("html", attacked))
    del attacked["query_curves"]
    assert "Accuracy against queries" not in words(render("html", attacked))


def test_realised_and_nominal_distances_have_columns_of_their_own(attacked: Any) -> None:
    page = words(render("html", attacked))
    for one in attacked["closest"]["per_class"]:
        right = one["right_at_start"]
        attack, ray, margin = (right[name] for name in ("attack", "ray", "margin"))
        nearest = "-" if attack is None else f"{attack:.3f}"
        times = "-" if attack is None else f"{ray / attack:.1f} times"
        row = f"{one['class']} {right['samples']} {nearest} {ray:.3f} {times} {margin:.3f}"
        assert row in page
    assert "Nearest, after clipping Before clipping" in page


def test_older_records_are_shown_with_what_they_have(attacked: Any) -> None:
    closest = attacked["closest"]
    del closest["compared"], closest["missing"]
    for one in closest["per_class"]:
        del one["right_at_start"]
    page = words(render("html", attacked))
    assert "over 30 samples, the misclassified ones among them" in page
    for one in closest["per_class"]:
        nearest = "-" if one["closest"] is None else f"{one['closest']:.3f}"
        assert f"{one['class']} - {nearest} - - {one['margin']:.3f}" in page


def test_where_there_is_no_correlation_it_says_why(attacked: Any) -> None:
    closest = attacked["closest"]
    closest.update(
        rank_correlation={"value": None, "low": None, "high": None}, missing="no adversary ran"
    )
    assert "Rank correlation : none: no adversary ran." in words(render("html", attacked))


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
        assert headings[:11] == [
            "What was found",
            "Which classes break",
            "Accuracy against strength",
            "Accuracy against queries",
            "How soon rays cross",
            "Where rays end",
            "The nearest boundaries",
            "Adversarial examples",
            "Class centres",
            "Classes in numbers",
            "Attacks",
        ]
        assert headings[11] == "Margins and attacks together"
        assert page.locator("table.attacks tbody tr").count() == len(attacked["attacks"]) + 1
        assert page.locator(".trust li").count() == 1
        assert page.locator(".plot > svg[role=img][aria-label]").count() == 2
        assert page.locator(".triple img").count() == 9
        for table in page.locator("section:has(#attacks, #strengths, #together) table").all():
            assert table.locator("thead th[scope=col]").count()
            assert table.locator("tbody th[scope=row]").count()
        assert fits(page, width)
        assert poor_contrasts(page) == []
        whole = "e => e.scrollWidth <= e.clientWidth"
        if width == 1100:
            assert page.locator(".scroll:has(table.attacks)").evaluate(whole)
