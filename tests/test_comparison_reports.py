"""Reports of comparisons: every number that of the JSON, every word only a word, fit to read."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from robaudit import Images, TextLayout
from robaudit.errors import RecordError
from robaudit.plugins import report_named
from robaudit_report.change_view import mark
from robaudit_report.schema import load_schema, make_validator, validate

from . import comparison_samples as samples
from .browser import chromium, fits, page_of, poor_contrasts

FORMATS = ["html", "text", "markdown"]
DIGITS = {"rms": 3, "sum": 2, "ratio": 3, "gini": 3}
UNSEEN = re.compile(r"\b(None|nan|NaN|inf|Infinity)\b")


@pytest.fixture(scope="module")
def real(digits: Images) -> Any:
    """A comparison of two classifiers that differ, with attacks."""
    return samples.digits_compared(digits)


@pytest.fixture(scope="module")
def plain(real: Any) -> Any:
    """A comparison without attacks."""
    return samples.without_attacks(real)


@pytest.fixture(scope="module")
def many() -> Any:
    """A comparison over 200 classes."""
    return samples.many_classes_compared()


@pytest.fixture
def comparison(real: Any) -> Any:
    """What hardening with three seeds and two rounds writes, to be changed freely."""
    return samples.hardened(real, seeds=3, rounds=2)


def draw(name: str, comparison: Any, **layout: Any) -> str:
    compare = report_named(name).compare
    assert compare is not None
    return compare(comparison, TextLayout(**{"width": 200, **layout}))


def words(report: str) -> str:
    """Give what is read of a report: without tags, lines and rules of tables."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", report, flags=re.DOTALL)
    return " ".join(re.sub(r"[|─]", " ", unescape(text)).replace("\\_", "_").split())


def written(unit: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f}%" if unit == "share" else f"{value:,.{DIGITS[unit]}f}"


def signed(unit: str, value: float) -> str:
    shown, digits = (100 * value, 1) if unit == "share" else (value, DIGITS[unit])
    return f"{shown:+,.{digits}f}" if shown else f"{0:.{digits}f}"


def p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def figures_of(one: Any) -> list[str]:
    """List what a row says of a difference, in order."""
    unit = one["unit"]
    difference = signed(unit, one["difference"]) + (" points" if unit == "share" else "")
    return [written(unit, one["before"]), written(unit, one["after"]), difference]


def interval_of(one: Any) -> str:
    if one["low"] is None:
        return f"{signed(one['unit'], one['high'])} or less"
    if one["high"] is None:
        return f"{signed(one['unit'], one['low'])} or more"
    return f"{signed(one['unit'], one['low'])} to {signed(one['unit'], one['high'])}"


def row_of(one: Any, title: str, name: str) -> str:
    """Write the row of a figure that has everything, as each format orders it."""
    cells = figures_of(one)
    p, adjusted = p_value(one["p_value"]), p_value(one["p_adjusted"])
    if name == "html":
        return " ".join([*cells, mark(one), interval_of(one), p, "adjusted", adjusted])
    return " ".join([title, *cells, interval_of(one), p, adjusted, mark(one)])


def variants(real: Any, plain: Any, many: Any) -> Iterator[Any]:
    yield from (real, plain, many)
    yield samples.hardened(real)
    yield samples.hardened(real, kept=False)
    yield samples.hardened(real, seeds=3, rounds=2)
    yield samples.hardened(many)
    yield samples.hardened(samples.without_numbers(plain))
    yield samples.hostile(samples.hardened(real, seeds=2))


def test_comparisons_obey_the_schema(real: Any, plain: Any, many: Any) -> None:
    Draft202012Validator.check_schema(load_schema("comparison"))
    for one in variants(real, plain, many):
        validate(one)
    make_validator("comparison").validate(samples.hardened(real))


def changed(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(comparison: Any) -> None:
        for part in path[:-1]:
            comparison = comparison[part]
        comparison[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda one: one.pop("after"), "after"),
        (lambda one: one.update(before=5), "before"),
        (lambda one: one["before"].pop("margins"), "before.*margins"),
        (lambda one: one["after"]["margins"]["mean_matrix"].pop(), "after.margins.mean_matrix"),
        (lambda one: one["after"]["inequality"]["levels"].pop(), "after.*levels"),
        (lambda one: one["after"]["attacks"][0]["per_class"].pop(), r"after.attacks\[0\]"),
        (changed("before", "data", "samples", to="many"), "before.*samples"),
        (changed("after", "plan", "steps", to=3), "plan.steps"),
        (changed("after", "model", "classes", to=9), "after"),
        (changed("schema_version", to="2.0"), "schema_version"),
        (changed("differences", 0, "unit", to="miles"), "unit"),
        (changed("differences", 0, "p_value", to=1.5), "p_value"),
        (changed("differences", 0, "difference", to="much"), "difference"),
        (changed("differences", 8, "class", to=10), r"differences\[8\].class"),
        (changed("differences", -1, "attack", to=3), "attack"),
        (changed("class_centers", 2, "class", to=12), r"class_centers\[2\]"),
        (changed("class_centers", 2, "center_of_before", "before", to=-1), "center_of_before"),
        (changed("verdict", to="fine"), "verdict"),
        (changed("hardening", "method", to="magic"), "method"),
        (changed("hardening", "kept", to={"seed": 0}), "kept"),
        (changed("hardening", "runs", 0, "kept", "round", to=0), "kept"),
        (changed("hardening", "runs", 1, "rounds", 0, "classes", 0, "class", to=10), "class"),
        (changed("hardening", "runs", 1, "rounds", 0, "epochs", 0, "within", to=1), "within"),
        (lambda one: one["hardening"]["spread"][0]["values"].pop(), r"spread\[0\].values"),
        (lambda one: one["hardening"].pop("command"), "command"),
    ],
)
def test_damaged_comparisons_are_refused_naming_the_place(
    comparison: Any, damage: Callable[[Any], object], place: str
) -> None:
    validate(comparison)
    damage(comparison)
    with pytest.raises(RecordError, match=place):
        validate(comparison)


def test_the_json_report_is_the_comparison(comparison: Any) -> None:
    assert json.loads(draw("json", comparison)) == comparison


@pytest.mark.parametrize("name", FORMATS)
def test_every_figure_of_the_whole_is_that_of_the_json(name: str, comparison: Any) -> None:
    report = words(draw(name, comparison))
    overall = [
        one
        for one in comparison["differences"]
        if one["class"] is None and one["attack_name"] is None
    ]
    assert len(overall) == 7
    for one in overall:
        assert one["title"] in report
        assert row_of(one, one["title"], name) in report, one["name"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_attack_is_that_of_the_json(name: str, comparison: Any) -> None:
    report = words(draw(name, comparison))
    attacked = [one for one in comparison["differences"] if one["attack_name"]]
    assert len(attacked) == 2
    for one in attacked:
        title = comparison["before"]["attacks"][one["attack"]]["title"]
        shown = f"{title} (L-inf 0.3)" if "Uniform" in title else f"{title} (sigma 0.3)"
        assert row_of(one, shown if name == "markdown" else title, name) in report
        assert title in report
    assert "FGSM" in report  # why it is not compared


def test_the_page_has_every_figure_of_every_class(comparison: Any) -> None:
    page = words(draw("html", comparison))
    of_classes = [one for one in comparison["differences"] if one["class"] is not None]
    assert len(of_classes) == 40
    for one in of_classes:
        if one["difference"] is None:
            continue
        before, after, difference = figures_of(one)
        found = f"{before} → {after} {difference}"
        if mark(one) in ("better", "worse"):
            found += f" {mark(one)}"
        if not one["low"] is one["high"] is None:
            found += f" {interval_of(one)}"
        assert found in page, (one["class"], one["name"])
    for index, name in enumerate(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]):
        levels = [comparison[part]["inequality"]["levels"][index] for part in ("before", "after")]
        made = comparison["hardening"]["runs"][0]["rounds"][0]["classes"][index]
        last = f"{levels[0]} → {levels[1]} {made['chosen']} {made['examples']} examples"
        assert re.search(rf" {name} [\d.]+% → .*? {re.escape(last)}", page), last


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_classes_that_changed_clearly_are_listed_and_no_other(name: str, comparison: Any) -> None:
    report = words(draw(name, comparison))
    clear = 0
    for one in comparison["differences"]:
        if one["class"] is None or one["difference"] is None:
            continue
        title = f"{one['class']}: {one['title']}"
        if (one["low"] or -1) > 0 or (one["high"] or 1) < 0:
            clear += 1
            assert row_of(one, title, name) in report
        else:
            assert title not in report
    assert clear > 3


@pytest.mark.parametrize(
    ("low", "high", "better", "wanted"),
    [
        (0.1, 0.3, "higher", "better"),
        (0.1, 0.3, "lower", "worse"),
        (-0.3, -0.1, "higher", "worse"),
        (-0.3, -0.1, "lower", "better"),
        (0.1, 0.3, None, "higher"),
        (-0.3, -0.1, None, "lower"),
        (0.0, 0.3, "higher", "no clear change"),
        (-0.1, 0.3, "lower", "no clear change"),
        (0.1, None, "higher", "better"),
        (None, None, "higher", "no interval"),
    ],
)
def test_a_change_is_clear_when_its_interval_excludes_zero(
    low: float | None, high: float | None, better: str | None, wanted: str
) -> None:
    found = {"difference": 0.2, "low": low, "high": high, "better": better}
    assert mark({**found, "p_value": 0.01}) == wanted
    assert mark({**found, "p_value": None}) == wanted
    # The exact test and the interval of an accuracy may disagree: then nothing is clear.
    assert mark({**found, "p_value": 0.06}) in ("no clear change", "no interval")


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
def test_where_numbers_are_missing_nothing_is_made_up(name: str, plain: Any) -> None:
    bare = samples.hardened(samples.without_numbers(plain))
    report = words(draw(name, bare))
    assert not UNSEEN.search(report)
    assert "no interval" in report
    if name != "text":
        assert "no ray crossed" in report
    known = bare["differences"][0]
    assert known["low"] is None
    assert figures_of(known)[2] in report
    if name == "html":
        assert "No difference: no ray crossed." in report
        assert "Accuracy drop" in report


@pytest.mark.parametrize("name", FORMATS)
def test_the_original_given_back_is_said_and_nothing_is_marked_kept(name: str, real: Any) -> None:
    report = words(draw(name, samples.hardened(real, kept=False)))
    assert "The original is given back: every epoch lost too much." in report
    if name == "html":
        assert "Seed 0: kept no epoch" in report
        assert "(the model given back)" not in report
        assert "too large kept" not in report
        assert "allowed kept" not in report


def test_training_has_every_epoch_and_round(comparison: Any) -> None:
    page = words(draw("html", comparison))
    for run in comparison["hardening"]["runs"]:
        original = run["original"]
        first = f"{100 * original['accuracy']:.1f}% {original['restricted_mean']:.3f}"
        assert f"Original {first}" in page
        for number, turn in enumerate(run["rounds"], start=1):
            for epoch in turn["epochs"]:
                values = f"{100 * epoch['accuracy']:.1f}% {epoch['restricted_mean']:.3f}"
                kept = " kept" if (number, epoch["epoch"]) == (1, 3) else ""
                within = "allowed" if epoch["within"] else "too large"
                row = f"Round {number}, epoch {epoch['epoch']} {values} {within}{kept}"
                assert row in page
            assert (
                "along 12,000 rays, of which 4,321 (36.0%) crossed. Check of the search: 1 of "
                "2,600 rays drawn at random told otherwise when walked in full; with 95% "
                f"confidence that is at most 0.093% of all rays. {turn['examples']:,}" in page
            )
            for one in turn["classes"]:
                value = "-" if one["robustness"] is None else f"{one['robustness']:.3f}"
                row = f"{one['name']} {value} {one['level']} 15 {one['chosen']} {one['examples']}"
                assert row in page
    assert "Chosen samples and examples are those of seed 0, round 1." in page


def test_lines_of_epochs_lie_where_the_json_says(comparison: Any) -> None:
    page = draw("html", comparison)
    lines = re.findall(r'<polyline class="line" points="([^"]+)"', page)
    assert len(lines) == 6
    run = comparison["hardening"]["runs"][0]
    epochs = [one for turn in run["rounds"] for one in turn["epochs"]]
    values = np.array([one["restricted_mean"] for one in (run["original"], *epochs)])
    places = np.array([point.split(",") for point in lines[0].split()], float)
    np.testing.assert_allclose(places[:, 0], np.linspace(0, 220, 9), atol=0.06)
    share = (values.max() - values) / (values.max() - values.min())
    np.testing.assert_allclose(places[:, 1], 90 * share, atol=0.06)
    assert page.count('<text class="kept"') == 6


def test_curves_of_both_models_lie_over_each_other(comparison: Any) -> None:
    page = draw("html", comparison)
    overlaid = re.findall(
        r'series-1"><polyline class="series" points="([^"]+)"/></g>'
        r'<g class="series-0"><polyline class="series" points="([^"]+)"',
        page,
    )
    assert len(overlaid) == 11
    margins = [comparison[part]["margins"] for part in ("before", "after")]
    wanted = [
        [one["not_crossed"] for one in margins],
        *([one["per_class"][index]["not_crossed"] for one in margins] for index in range(10)),
    ]
    for points, shares in zip(overlaid, wanted, strict=True):
        for line, share in zip(points, shares, strict=True):
            heights = [float(point.split(",")[1]) for point in line.split()]
            np.testing.assert_allclose(heights, 80 * (1 - np.array(share)), atol=0.06)


def test_accuracy_against_strength_has_both_models_in_one_plot(comparison: Any) -> None:
    page = draw("html", comparison)
    plots = re.findall(r'<figure class="plot">.*?</figure>', page, flags=re.DOTALL)
    assert len(plots) == 2  # not of FGSM, which could not run
    for plot in plots:
        assert re.findall(r'<g class="(series-\d)"', plot) == ["series-1", "series-0"]
        assert re.findall(r"</svg>\s*(\w+)</li>", plot) == ["before", "after"]
    text = words(page)
    for part in ("before", "after"):
        for one in comparison[part]["curves"][0]["accuracy"]:
            assert f"{100 * one['value']:.1f}%" in text
    del comparison["after"]["curves"]
    assert "Accuracy against strength" not in draw("html", comparison)


def test_differences_of_attacks_are_drawn_on_one_scale(comparison: Any) -> None:
    page = draw("html", comparison)
    attacked = [one for one in comparison["differences"] if one["attack_name"]]
    widest = max(abs(one[end]) for one in attacked for end in ("low", "high"))
    part = page[page.index('id="attacks"') : page.index('id="strengths"')]
    drawn = re.findall(r'class="span" d="M(\S+) 0H(\S+)"/><circle class="dot" cx="(\S+)"', part)
    wanted = [[64 * one[key] / widest for key in ("low", "high", "difference")] for one in attacked]
    np.testing.assert_allclose(np.array(drawn, float), wanted, atol=0.06)


def test_class_centres_are_those_of_the_json_with_their_pictures(comparison: Any) -> None:
    page = draw("html", comparison)
    text = words(page)
    sets = ("center_of_before", "center_of_after")
    for one in comparison["class_centers"]:
        cells = [
            f"row {one[name]['row']} {one[name]['before']:.3f} {one[name]['after']:.3f}"
            for name in sets
        ]
        assert f"{one['name']} {' '.join(cells)}" in text
    columns = [
        [one[name][model] for one in comparison["class_centers"]]
        for name in sets
        for model in ("before", "after")
    ]
    for title, measure in (("Average", mean), ("Standard deviation", stdev)):
        assert f"{title} {' '.join(f'{measure(column):.3f}' for column in columns)}" in text
    for part in ("before", "after"):
        for center in comparison[part]["class_centers"]:
            assert center["picture"] in page


@pytest.mark.parametrize("name", FORMATS)
def test_the_spread_over_seeds_is_that_of_the_json(name: str, comparison: Any) -> None:
    report = words(draw(name, comparison))
    for one in comparison["hardening"]["spread"]:
        cells = [written(one["unit"], one["before"])]
        if name == "html":
            cells += [written(one["unit"], value) for value in one["values"]]
        cells.append(written(one["unit"], one["mean"]))
        cells.append(" to ".join(written(one["unit"], one[key]) for key in ("lowest", "highest")))
        assert f"{one['title']} {' '.join(cells)}" in report


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


@pytest.mark.parametrize("name", FORMATS)
def test_of_many_classes_those_that_changed_most_are_shown(name: str, many: Any) -> None:
    report = draw(name, samples.hardened(many))
    assert "Shown are 20 of 200 classes" in words(report)
    assert len(report) < 400_000
    plainly = copy.deepcopy(many)
    margins = [
        one
        for one in plainly["differences"]
        if one["class"] is not None and one["name"] == "restricted-mean-margin"
    ]
    best = max(margins, key=lambda one: one["before"])
    best.update(difference=-0.3, low=-0.4, high=-0.2, p_value=0.001)
    before, after, difference = figures_of(best)
    row = f"{best['class']}: Restricted mean margin {before} {after} {difference}"
    if name == "html":
        row = f"{before} → {after} {difference} worse"
    assert row in words(draw(name, plainly))


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
