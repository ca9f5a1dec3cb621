"""Reports of attacks: every row there, every number the record's, nothing without attacks."""

import base64
import copy
import io
import json
import re
import shutil
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

import robaudit
from robaudit import Images, SearchPlan, TextLayout, make_record, scan
from robaudit.attacks.catalogue import CATALOGUE, default_attack
from robaudit.errors import RecordError
from robaudit.plugins import report_named
from robaudit.record import to_json
from robaudit.types import InputSpec
from robaudit.uncertainty import wilson_interval
from robaudit_report.schema import validate

from .conftest import EXAMPLES

PLAN = SearchPlan(samples=30, directions=8, steps=10, step=0.05)
REASON = "it needs gradients, and there are none of this model"
HELD = {"fgsm": 41, "pgd": 12, "bim": 12, "uniform-noise": 92, "gaussian-noise": 88, "square": 23}
NOTHING = {"value": None, "low": None, "high": None}
HOSTILE = "<b onclick=x>&amp;\x1b[2J|*a*"


def held(count: int, samples: int = 100) -> dict[str, float | None]:
    return asdict(wilson_interval(count, samples))


def attack_entry(name: str, record: Any) -> dict[str, Any]:
    """Make the entry of an attack that ran, or of one that did not."""
    attack = default_attack(name, InputSpec(shape=(1, 8, 8), classes=10))
    count = HELD.get(name)
    classes = record["model"]["classes"]
    shares = [0 if count is None else min(10, max(0, count // 10 + i % 3 - 1)) for i in range(10)]
    return {
        "name": name,
        "title": attack.entry.title,
        "norm": attack.norm,
        "budget": attack.budget if np.isfinite(attack.budget) else None,
        "parameters": dict(attack.parameters),
        "source": attack.entry.source,
        "skipped": REASON if count is None else None,
        "accuracy": NOTHING if count is None else held(count),
        "per_class": [] if count is None else [held(shares[i % 10], 10) for i in range(classes)],
        "median_distance": 0.2135 if count is not None and count < 50 else None,
        "outside_budget": 3 if name == "square" else 0,
        "evaluations": 0 if count is None else 100 * len(name),
        "gradients": 0 if "noise" in name or count is None else 40 * len(name),
        "seconds": 0.0 if count is None else 1.25,
    }


def picture(change: float, size: int = 8) -> str:
    pixels = np.linspace(0, 200, size * size).reshape(size, size) + change
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def with_attacks(record: Any, names: tuple[str, ...] = tuple(CATALOGUE)) -> Any:
    """Give a record the keys of attacks, with values such as attacks give."""
    strengths = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4]
    falls = {"fgsm": 0.2, "pgd": 0.12, "uniform-noise": 0.8, "gaussian-noise": 0.55}
    margins = [one["restricted_mean"]["value"] for one in record["margins"]["per_class"]]
    return {
        **copy.deepcopy(record),
        "schema_version": "1.1",
        "attacks": [attack_entry(name, record) for name in names],
        "attack_plan": {"samples": 100, "clean": held(97), "seed": 7, "art": "1.20.1"},
        "curves": [
            {
                "name": name,
                "title": CATALOGUE[name].title,
                "strengths": strengths,
                "accuracy": [held(round(97 / (1 + (s / fall) ** 4))) for s in strengths],
                "skipped": None,
            }
            for name, fall in falls.items()
        ],
        "trust": [
            {
                "name": "unbounded-attack-holds",
                "raised": True,
                "sentence": "PGD without a bound still leaves 31% of the samples: gradients are "
                "masked, so its score flatters the model. Run Square and HopSkipJump.",
                "measured": {"accuracy": 0.31, "samples": 100},
            },
            {
                "name": "noise-beats-gradients",
                "raised": False,
                "sentence": "Noise breaks no more than gradients do.",
                "measured": {"share": 0.0},
            },
            {
                "name": "saturated-gradients",
                "raised": None,
                "sentence": "There are no gradients to look at.",
                "measured": {},
            },
        ],
        "closest": {
            "samples": 30,
            "by": {"rays": 5, "pgd": 25, "fgsm": 0},
            "rank_correlation": {"value": 0.61, "low": 0.48, "high": 0.72},
            "per_class": [
                {
                    "class": i,
                    "closest": None if i == 5 or margin is None else margin / (4 + i % 4),
                    "margin": margin,
                }
                for i, margin in enumerate(margins)
            ],
            "disagreeing": [3, 7],
            "sentence": "Margins and attacks put the classes in much the same order, but not 3, 7.",
        },
        "attack_gallery": [
            {
                "attack": "pgd",
                "title": "PGD",
                "origin": i,
                "adjacent": (i + 5) % 10,
                "row": 17 + i,
                "distance": 0.2135,
                "norm": norm,
                "amplified": 4.0,
                "sample": picture(0),
                "example": picture(50),
                "difference": picture(20),
            }
            for i, norm in enumerate(("linf", "l2", "none"))
        ],
    }


@pytest.fixture(scope="module")
def plain(digits: Images) -> Any:
    """The record of a small audit without attacks."""
    audit = scan(robaudit.load(EXAMPLES / "digits.onnx"), digits, plan=PLAN)
    return json.loads(to_json(make_record(audit)))


@pytest.fixture
def record(plain: Any) -> Any:
    """A record with attacks, to be changed freely."""
    return with_attacks(plain)


def render(name: str, record: Any, layout: TextLayout | None = None) -> str:
    return report_named(name).render(record, layout or TextLayout())


def words(report: str) -> str:
    """Give what is read of a report: without tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", report)).split())


def shares(record: Any) -> list[str]:
    """List the robust accuracies that a reader should find."""
    found = [row["accuracy"]["value"] for row in record["attacks"]]
    return [f"{value:.1%}" for value in found if value is not None]


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_every_attack_has_a_row_with_the_numbers_of_the_record(name: str, record: Any) -> None:
    report = words(render(name, record))
    for row in record["attacks"]:
        assert row["title"] in report
    for share in shares(record):
        assert share in report
    assert "97.0%" in report  # without an attack, on the same samples
    assert REASON in report
    assert "PGD without a bound still leaves 31% of the samples" in report


def test_the_page_says_where_budgets_come_from_and_what_could_not_be_checked(record: Any) -> None:
    page = words(render("html", record))
    for row in record["attacks"]:
        assert row["source"] in page
    assert "There are no gradients to look at." in page
    assert record["closest"]["sentence"] in page
    assert "0.61" in page
    for strength in record["curves"][0]["strengths"]:
        assert f"{strength:g}" in page


def test_the_lowest_robust_accuracy_is_a_headline(record: Any) -> None:
    for name in ("html", "text", "markdown"):
        report = words(render(name, record))
        assert "Lowest robust accuracy" in report
        assert "hold against PGD" in report


def test_pictures_show_what_an_attack_did(record: Any) -> None:
    page = render("html", record)
    for shown in record["attack_gallery"]:
        for part in ("sample", "example", "difference"):
            assert shown[part] in page
    images = re.findall(r"<img [^>]*>", page)
    assert images
    assert all(re.search(r'alt="[^"]+"', image) for image in images)
    record["attack_gallery"][0]["sample"] = None
    assert render("html", record)


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_without_attacks_reports_are_as_before(name: str, plain: Any) -> None:
    old = {
        key: value
        for key, value in plain.items()
        if key not in ("attack_plan", "curves", "trust", "closest", "attack_gallery")
    }
    report = render(name, {**old, "schema_version": "1.0", "attacks": []})
    assert render(name, plain) == report.replace("1.0", "1.0")
    assert "robust accuracy" not in report.lower()
    assert "trust flag" not in report.lower()


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_hostile_words_are_only_words(name: str, record: Any) -> None:
    for row in record["attacks"]:
        row["title"] = row["source"] = HOSTILE
        row["skipped"] = row["skipped"] and HOSTILE
    for flag in record["trust"]:
        flag["sentence"] = flag["name"] = HOSTILE
    record["closest"]["sentence"] = HOSTILE
    report = render(name, record)
    assert "\x1b" not in report
    if name != "text":
        assert "<b onclick" not in report


def test_records_with_attacks_obey_the_schema(record: Any) -> None:
    validate(record)
    for key, wrong in (
        ("attacks", [{"name": "pgd"}]),
        ("curves", [{"name": "fgsm"}]),
        ("trust", [{"name": "x", "raised": "yes", "sentence": "", "measured": {}}]),
        ("attack_plan", {"samples": "many"}),
        ("closest", {"samples": 3}),
        ("attack_gallery", [{}]),
    ):
        with pytest.raises(RecordError):
            validate({**record, key: wrong})


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_summary_fits_the_terminal(record: Any, width: int, ascii_only: bool) -> None:
    text = render("text", record, TextLayout(width=width, ascii_only=ascii_only))
    assert max(map(cell_len, text.splitlines())) <= width
    if ascii_only:
        assert text.isascii()


@pytest.mark.parametrize("size", [(1100, "light"), (400, "dark")])
def test_a_browser_shows_it_whole(record: Any, tmp_path: Path, size: tuple[int, str]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    page_file = tmp_path / "report.html"
    page_file.write_text(render("html", record), encoding="utf-8")
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": size[0], "height": 900},
            color_scheme="dark" if size[1] == "dark" else "light",
        )
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("request", lambda request: seen.append(request.url))
        page.goto(page_file.as_uri())
        headings = page.locator("h2").all_inner_texts()
        overflow = page.evaluate("document.documentElement.scrollWidth") - size[0]
        browser.close()
    assert [url for url in seen if not url.startswith("data:")] == [page_file.as_uri()]
    assert "Attacks" in headings
    assert overflow <= 0
