"""What a browser shows at once, what follows it, and what stays readable when it is long."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import images_from_arrays
from tests.support.audit_samples import many_classes, record_of
from tests.support.audit_words import render, words
from tests.support.browser import fits, page_of, poor_contrasts
from tests.support.judged import LET_BE, gate, judged
from tests.support.report_words import draw

LONG = "speed limit of a hundred on motorways when it is wet"


def bottom(page: Any, what: str) -> float:
    box = page.locator(what).first.bounding_box()
    return float(box["y"] + box["height"])


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (400, 800)])
@pytest.mark.parametrize("gates", [(), ("failed", "passed")])
def test_the_first_screen_has_verdict_facts_and_what_they_hold_of(
    attacked: Any, browser: Any, tmp_path: Path, width: int, height: int, gates: Any
) -> None:
    shown = judged(attacked, *map(gate, gates))
    with page_of(browser, render("html", shown), tmp_path, width=width) as page:
        assert page.locator(".verdict strong").inner_text().lower() == (
            "fail" if gates else "no gates"
        )
        for what in ("h1", ".verdict", ".about", ".conditions"):
            assert bottom(page, what) <= height, what
        facts = page.locator(".facts li")
        assert facts.count() == (3 if gates else 2)  # without gates one is the verdict
        for index in range(facts.count()):
            box = facts.nth(index).bounding_box()
            assert box["y"] + box["height"] <= height
            assert re.search(r"\d", facts.nth(index).locator("b").inner_text())
        assert page.locator(".about dt").all_inner_texts() == [
            *("Model", "Data", "Date", "Version", "Conditions", "Cautions")
        ]
        assert fits(page, width)


@pytest.mark.parametrize("width", [1200, 400])
def test_contents_stand_beside_or_above(
    record: Any, browser: Any, tmp_path: Path, width: int
) -> None:
    with page_of(browser, render("html", judged(record)), tmp_path, width=width) as page:
        contents = page.locator("nav").bounding_box()
        first = page.locator("section").first.bounding_box()
        if width == 1200:
            assert contents["x"] + contents["width"] <= first["x"]
            assert contents["y"] < 100
            page.evaluate("document.getElementById('how').scrollIntoView()")
            assert 0 <= page.locator("nav").bounding_box()["y"] < 100
        else:
            assert contents["y"] + contents["height"] <= first["y"]


def test_cautions_stand_below_the_first_figures(record: Any, comparison: Any) -> None:
    caution = "43 classes were searched from few samples."
    pages = [
        (render("html", judged({**record, "warnings": [caution]})), caution, 'class="tiles"'),
        (draw("html", comparison), "differences were tested", '<table class="changes figures"'),
    ]
    for page, said, figures in pages:
        assert page.index(figures) < page.index(said)
        assert page.index('href="#cautions"') < page.index(figures)


def test_gates_come_before_pictures_and_pictures_before_tables(attacked: Any) -> None:
    page = render("html", judged(attacked, gate("passed")))
    order = ("gates", "figures", "classes", "strengths", "curves", "where", "numbers", "attacks")
    places = [page.index(f'<h2 id="{name}">') for name in order]
    assert places == sorted(places)


def test_the_command_repeats_the_audit(record: Any) -> None:
    typed = judged(record)
    assert "This repeats it" not in render("html", typed)
    typed["environment"] = {**typed["environment"], "command": "robaudit scan m.onnx --seed 3 <x>"}
    page = render("html", typed)
    assert "<code>robaudit scan m.onnx --seed 3 &lt;x&gt;</code>" in page


def test_long_names_are_whole_on_hover_and_in_print(
    record: Any, browser: Any, tmp_path: Path
) -> None:
    named = judged(record)
    for one in named["margins"]["per_class"]:
        one["name"] = f"{LONG} {one['name']}"
    with page_of(browser, render("html", named), tmp_path, width=400) as page:
        heads = page.locator("#numbers ~ .scroll th[scope=row], .bars .of, .heat .names")
        for head in heads.all():
            assert head.get_attribute("title").startswith(LONG)
        assert fits(page, 400)
        page.emulate_media(media="print")
        whole = "one => one.scrollWidth <= one.clientWidth + 1"
        for head in page.locator("#numbers ~ .scroll th[scope=row], .bars .of").all():
            assert head.evaluate(whole)
            assert head.evaluate("one => getComputedStyle(one).whiteSpace") == "normal"


def test_wide_tables_show_that_they_scroll(record: Any, browser: Any, tmp_path: Path) -> None:
    """A shadow stands at the edge that has more beyond it, and at no other."""
    with page_of(browser, render("html", judged(record)), tmp_path, width=400) as page:
        table = page.locator("#where ~ .scroll").first
        assert table.evaluate("one => one.scrollWidth > one.clientWidth")
        assert table.get_attribute("tabindex") == "0"
        assert table.get_attribute("aria-label") == "Where rays end"
        layers = table.evaluate("one => getComputedStyle(one).backgroundAttachment")
        assert layers == "local, local, scroll, scroll"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verdicts_and_gates_can_be_read_and_need_no_colour(
    attacked: Any, browser: Any, tmp_path: Path, scheme: str
) -> None:
    for worst in ("failed", "inconclusive", "passed"):
        gates = [gate(worst), gate("passed", suppressed=LET_BE, state="better", before=0.95)]
        with page_of(browser, render("html", judged(attacked, *gates)), tmp_path, scheme) as page:
            outcome = {"failed": "fail", "passed": "pass"}.get(worst, worst)
            assert page.locator(".verdict strong").inner_text().lower() == outcome
            assert worst in page.locator(".gates .outcome").first.inner_text().lower()
            assert page.locator(".gates th[scope=row]").first.bounding_box()["width"] > 150
            assert poor_contrasts(page) == []


@pytest.mark.parametrize("width", [1200, 400])
def test_of_many_classes_the_worst_come_first_and_the_page_fits(
    browser: Any, tmp_path: Path, width: int
) -> None:
    random = np.random.default_rng(0)
    x = random.random((120, 8, 8))
    images = images_from_arrays(x, np.arange(120) % 60, pixel_range=(0, 1))
    made = judged(record_of(many_classes(), images, samples=120, directions=2, steps=4))
    with page_of(browser, render("html", made), tmp_path, width=width) as page:
        assert page.locator(".bars li").count() == 20
        margins = [
            float(text.split()[0]) for text in page.locator(".bars .margin").all_inner_texts()
        ]
        assert margins == sorted(margins)
        names = page.locator(".bars .of").all_inner_texts()
        assert page.locator("#where ~ .scroll .heat tbody th").all_inner_texts() == names
        assert fits(page, width)
        assert "Shown are 20 of 60 classes" in words(page.content())
