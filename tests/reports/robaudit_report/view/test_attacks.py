"""Reports of attacks: every row there, every number the record's, nothing without attacks."""

import base64
import copy
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image
from rich.cells import cell_len

import robaudit
from robaudit import Images, SearchPlan, TextLayout, make_record, scan
from robaudit.attacks.catalogue import CATALOGUE, default_attack
from robaudit.errors import RecordError
from robaudit.plugins import report_named
from robaudit.record import check_record, to_json
from robaudit.stats.intervals import wilson_interval
from robaudit.types import InputSpec
from tests.reports.robaudit_report.html.test_audit import many_classes, record_of
from tests.support.browser import chromium, fits, page_of, poor_contrasts
from tests.support.paths import EXAMPLES
from tests.support.schemas import load_schema, validate

PLAN = SearchPlan(samples=30, directions=8, steps=10, step=0.05)
REASON = "it needs gradients, and there are none of this model"
NAMES = ("fgsm", "pgd", "bim", "mim", "deepfool", "uniform-noise", "gaussian-noise", "square")
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


def with_attacks(record: Any, names: tuple[str, ...] = NAMES) -> Any:
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


def percent(value: float) -> str:
    return f"{100 * value:.1f}%"


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_every_attack_has_a_row_with_the_numbers_of_the_record(name: str, record: Any) -> None:
    report = words(render(name, record))
    for row in record["attacks"]:
        if row["skipped"]:
            continue
        value, low, high = (percent(row["accuracy"][key]) for key in ("value", "low", "high"))
        distance = row["median_distance"]
        cells = [
            *(value, f"{low} to {high}", "-" if distance is None else f"{distance:.3f}"),
            f"{row['evaluations']:,}",
        ]
        pattern = rf"{row['title']}\b.{{0,40}}?" + ".{0,40}?".join(map(re.escape, cells))
        assert re.search(pattern, report), (row["name"], pattern)
    assert "97.0%" in report  # without an attack, on the same samples
    assert "PGD without a bound still leaves 31% of the samples" in report


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_attacks_that_did_not_run_are_rows_with_the_reason(name: str, record: Any) -> None:
    record["attacks"][1].update(skipped="it was too late in the day", per_class=[])
    report = words(render(name, record))
    for row in record["attacks"]:
        if row["skipped"]:
            assert row["title"] in report
            assert row["skipped"] in report


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_where_no_attack_ran_there_is_no_made_up_figure(name: str, plain: Any) -> None:
    record = with_attacks(plain, ("mim", "deepfool"))
    for curve in record["curves"]:
        curve.update(strengths=[], accuracy=[], skipped=REASON)
    record.update(closest=None, attack_gallery=[], trust=[])
    validate(record)
    report = words(render(name, record))
    assert "hold against" not in report
    assert re.search(r"Lowest robust accuracy[ |]*-", report)
    assert REASON in report
    if name == "html":
        assert "no attack could run on this model" in report
        assert report.count(f"No line for {CATALOGUE['pgd'].title}: {REASON}") == 1


def test_the_page_says_where_budgets_come_from_and_what_could_not_be_checked(record: Any) -> None:
    page = words(render("html", record))
    for row in record["attacks"]:
        assert row["source"] in page
    assert "There are no gradients to look at." in page
    assert record["closest"]["sentence"] in page
    assert "0.61" in page


def test_the_page_has_the_numbers_of_curves_and_classes(record: Any) -> None:
    page = words(render("html", record))
    for number, strength in enumerate(record["curves"][0]["strengths"]):
        cells = [curve["accuracy"][number] for curve in record["curves"]]
        row = " ".join(
            f"{percent(one['value'])} {percent(one['low'])} to {percent(one['high'])}"
            for one in cells
        )
        assert f"{strength:g} {row}" in page
    for attack in record["attacks"]:
        if attack["per_class"]:
            row = " ".join(percent(one["value"]) for one in attack["per_class"])
            assert f"{attack['title']} {row}" in page
    for one in record["closest"]["per_class"]:
        closest, margin = one["closest"], one["margin"]
        row = "-" if closest is None else f"{closest:.3f}"
        last = "-" if closest is None else f"{margin / closest:.1f} times"
        assert f"{one['class']} {row} {margin:.3f} {last}" in page
    assert page.count("times disagree") == 2
    assert "Rank correlation 0.61 (0.48 to 0.72)" in page
    assert "found by PGD for 25, a random direction for 5." in page


def test_lines_can_be_told_apart_without_colour(record: Any) -> None:
    page = render("html", record)
    lines = re.findall(r'<g class="(series-\d)">.*?<path class="mark" d="M[\d.,]+([^M"]+)', page)
    assert len(lines) == 4
    assert len({shape for _, shape in lines}) == 4
    dashes = dict(re.findall(r"\.(series-\d) \{[^}]*?(?:--dash: ([^;]*);)? \}", page))
    assert len({dashes[series] for series, _ in lines}) == 4


def test_points_of_a_line_lie_where_the_record_says(record: Any) -> None:
    page = render("html", record)
    drawn = re.findall(r'<polyline class="series" points="([^"]+)"', page)
    ends = re.findall(r'<path class="spread" d="([^"]+)"', page)
    assert len(drawn) == len(ends) == len(record["curves"])
    for points, whiskers, curve in zip(drawn, ends, record["curves"], strict=True):
        places = np.array([point.split(",") for point in points.split()], float)
        values = [0.97, *(one["value"] for one in curve["accuracy"])]
        strengths = np.array([0.0, *curve["strengths"]])
        np.testing.assert_allclose(places[:, 0], 400 * strengths / strengths.max(), atol=0.06)
        np.testing.assert_allclose(places[:, 1], 200 * (1 - np.array(values)), atol=0.06)
        bounds = np.array(re.findall(r"([\d.]+)V([\d.]+)", whiskers), float)
        wanted = np.array([(one["low"], one["high"]) for one in curve["accuracy"]])
        np.testing.assert_allclose(bounds, 200 * (1 - wanted), atol=0.06)


def test_of_many_classes_those_that_disagree_are_shown() -> None:
    record = with_attacks(record_of(many_classes(), None, samples=60))
    margins = [one["margin"] for one in record["closest"]["per_class"]]
    largest = int(np.argmax(margins))
    record["closest"]["disagreeing"] = [largest]
    validate(record)
    page = words(render("html", record))
    assert f"{largest} {margins[largest] / (4 + largest % 4):.3f} {margins[largest]:.3f}" in page
    assert page.count("times disagree") == 1
    assert "Shown are 20 of 60 classes: those where the two disagree" in page


def test_the_lowest_robust_accuracy_is_a_headline(record: Any) -> None:
    for name in ("html", "text", "markdown"):
        report = words(render(name, record))
        low, high = (percent(record["attacks"][1]["accuracy"][key]) for key in ("low", "high"))
        headline = rf"Lowest robust accuracy[ |]*12\.0%[ |]*{low} to {high}"
        assert re.search(headline, report)
        assert "12.0% hold against PGD (L-inf 0.3) and 1 more" in report
        assert "1 trust flag is raised" in report


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
    empty: dict[str, Any] = {"attack_plan": None, "curves": [], "trust": [], "closest": None}
    report = render(name, {**old, "schema_version": "1.0", "attacks": []})
    assert render(name, plain) == report
    assert render(name, {**old, "attacks": [], **empty, "attack_gallery": []}) == report
    assert "series-" not in report
    assert "robust accuracy" not in report.lower()
    assert "trust flag" not in report.lower()


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_hostile_words_are_only_words(name: str, record: Any) -> None:
    for row in record["attacks"]:
        row["title"] = row["source"] = HOSTILE
        row["skipped"] = row["skipped"] and HOSTILE
    for flag in record["trust"]:
        flag["sentence"] = flag["name"] = HOSTILE
        flag["measured"] = {HOSTILE: HOSTILE}
    for curve in record["curves"]:
        curve["title"] = HOSTILE
        curve["skipped"] = curve["skipped"] and HOSTILE
    for shown in record["attack_gallery"]:
        shown["title"] = HOSTILE
    for one in record["margins"]["per_class"]:
        one["name"] = f'"{HOSTILE}'
    record["attack_plan"]["art"] = HOSTILE
    record["closest"]["sentence"] = HOSTILE
    record["closest"]["by"] = {HOSTILE: 30}
    report = render(name, record)
    assert "\x1b" not in report
    if name != "text":
        assert "<b onclick" not in report
    if name == "html":
        assert 'alt="Sample of class &#34;&lt;b onclick' in report
        assert "&lt;b onclick=x&gt;&amp;amp;" in report


def test_records_with_attacks_obey_the_schema(record: Any) -> None:
    validate(record)
    Draft202012Validator(load_schema()).validate(record)


def first_of(key: str, **changes: Any) -> Any:
    return lambda record: record[key][0].update(changes)


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (first_of("attacks", norm="l1"), "norm"),
        (first_of("attacks", budget=-0.1), "budget"),
        (first_of("attacks", accuracy={"value": 1.2, "low": 1, "high": 2}), "accuracy"),
        (first_of("attacks", parameters={"epsilon": "much"}), r"attacks.0..parameters"),
        (first_of("attacks", skipped=""), "skipped"),
        (first_of("attacks", per_class=[]), "attacks.0..per_class"),
        (first_of("attacks", skipped="no reason"), "attacks.0..per_class"),
        (lambda record: record["attacks"][0].pop("source"), "source"),
        (lambda record: record.pop("attack_plan"), "attack_plan"),
        (lambda record: record.update(attack_plan=None), "attack_plan"),
        (lambda record: record.update(attacks=[], attack_plan=None), "attack_plan"),
        (lambda record: record["attack_plan"].update(samples=0), "attack_plan"),
        (lambda record: record["curves"][1]["accuracy"].pop(), "curves.1..accuracy"),
        (first_of("curves", strengths=[-1.0]), "strengths"),
        (first_of("trust", raised="yes"), "raised"),
        (first_of("trust", measured={"all": [1]}), "measured"),
        (lambda record: record["closest"]["rank_correlation"].update(value=1.5), "closest"),
        (lambda record: record["closest"]["disagreeing"].append(10), "closest.disagreeing"),
        (lambda record: record["closest"]["per_class"][0].update({"class": 10}), "per_class"),
        (first_of("attack_gallery", adjacent=10), "attack_gallery"),
        (first_of("attack_gallery", difference='"><script>'), "difference"),
        (first_of("attack_gallery", amplified=0), "amplified"),
    ],
)
def test_damaged_attacks_are_refused_naming_the_place(
    record: Any, damage: Callable[[Any], object], place: str
) -> None:
    damage(record)
    with pytest.raises(RecordError, match=place):
        check_record(record)


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_summary_fits_the_terminal(record: Any, width: int, ascii_only: bool) -> None:
    text = render("text", record, TextLayout(width=width, ascii_only=ascii_only))
    assert max(map(cell_len, text.splitlines())) <= width
    if ascii_only:
        assert text.isascii()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, where it is installed."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize(
    ("width", "scheme"), [(1100, "light"), (1100, "dark"), (400, "light"), (400, "dark")]
)
def test_a_browser_shows_it_whole(
    record: Any, browser: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    with page_of(browser, render("html", record), tmp_path, scheme, width) as page:
        headings = page.locator("h2").all_inner_texts()
        assert headings[5:9] == [
            "Attacks",
            "Accuracy against strength",
            "Margins and attacks together",
            "Adversarial examples",
        ]
        assert page.locator("table.attacks tbody tr").count() == len(record["attacks"]) + 1
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
