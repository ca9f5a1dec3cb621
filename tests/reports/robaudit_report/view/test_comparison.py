"""Every number of a report is that of the JSON."""

import copy
import re
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from robaudit.record.schema.comparison import DifferenceRecord
from robaudit_report.view.changes import mark
from tests.support import comparison_samples as samples
from tests.support.report_words import (
    FORMATS,
    draw,
    figures_of,
    interval_of,
    mark_of,
    row_of,
    words,
    written,
)

UNSEEN = re.compile(r"\b(None|nan|NaN|inf|Infinity)\b")


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
        if mark_of(one) in ("better", "worse"):
            found += f" {mark_of(one)}"
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
    comparison: Any, low: float | None, high: float | None, better: str | None, wanted: str
) -> None:
    row = msgspec.convert(comparison["differences"][0], DifferenceRecord)
    row = replace(row, difference=0.2, low=low, high=high, better=better)
    assert mark(replace(row, p_value=0.01)) == wanted
    assert mark(replace(row, p_value=None)) == wanted
    # The exact test and the interval of an accuracy may disagree: then nothing is clear.
    assert mark(replace(row, p_value=0.06)) in ("no clear change", "no interval")


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
