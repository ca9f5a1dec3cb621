"""The page of an audit, as a browser shows it."""

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import images_from_arrays
from robaudit.testing import affine_classifier
from tests.support.audit_samples import record_of, with_attacks
from tests.support.audit_words import render, words
from tests.support.browser import fits, page_of, poor_contrasts


def test_reports_of_inputs_that_are_no_pictures() -> None:
    random = np.random.default_rng(0)
    classifier = affine_classifier(random.normal(0, 1, (7, 3)), np.zeros(3), (7,))
    record = record_of(classifier, None, directions=5)
    assert record["gallery"]
    assert record["gallery"][0]["sample"] is None
    assert "<img" not in render("html", record)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_in_a_browser(
    record: Any, browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    with page_of(browser, render("html", record), tmp_path, scheme, width) as page:
        assert page.locator("h1").inner_text() == "digits.onnx"
        assert page.locator("h2").all_inner_texts() == [
            "What was found",
            "Which classes break",
            "How soon rays cross",
            "Where rays end",
            "The nearest boundaries",
            "Class centres",
            "Classes in numbers",
            "The paper's measures",
            "How this was measured",
            "Terms",
        ]
        assert page.locator("#numbers ~ .scroll tbody tr").count() == 10
        assert page.locator("#classes ~ .bars li").count() == 10
        assert page.locator("#paper ~ .scroll tbody tr").count() == 10
        assert page.locator("table.heat tbody tr").count() == 10
        assert page.locator("table.heat td.cell").count() == sum(
            count > 0 for row in record["margins"]["count_matrix"] for count in row
        )
        assert page.locator(".curves svg[aria-label]").count() == 10
        pictures = page.locator("img")
        assert pictures.count() == 2 * len(record["gallery"]) + 10
        for index in range(pictures.count()):
            assert pictures.nth(index).evaluate("image => image.naturalWidth") == 8
            assert pictures.nth(index).get_attribute("alt")
        assert fits(page, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(
    record: Any, browser: Any, tmp_path: Path, scheme: str
) -> None:
    shown = copy.deepcopy(record)
    reach = record["plan"]["reach"]
    for origin, row in enumerate(shown["margins"]["mean_matrix"]):
        row[:] = [reach * (1 - (origin + place / 10) / 10) for place in range(10)]
    with page_of(browser, render("html", shown), tmp_path, scheme) as page:
        assert page.locator("td.cell").count() == 100
        assert poor_contrasts(page) == []


def test_inputs_that_are_no_pictures_are_not_called_so() -> None:
    classifier = affine_classifier(np.eye(12)[:, :10], np.zeros(10), (12,))
    x = np.random.default_rng(0).random((20, 12))
    images = images_from_arrays(x, x[:, :10].argmax(axis=1))
    record = with_attacks(record_of(classifier, images, samples=4, directions=2, steps=10))
    page = re.sub(r"<style.*?</style>|<svg.*?</svg>", "", render("html", record), flags=re.DOTALL)
    text = words(page).replace("small and large images", "")
    text = re.sub(r"imagecorruptions-imaug \S+", "", text)
    assert "Inputs 20" in text
    assert not re.findall(r".{30}(?:image|picture).{30}", text, re.IGNORECASE)
