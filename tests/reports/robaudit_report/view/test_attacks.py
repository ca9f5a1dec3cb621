"""What every report says of attacks: every row there, every number the record's."""

import re
from typing import Any

import numpy as np
import pytest

from robaudit.attacks.catalogue import CATALOGUE
from tests.support.audit_samples import REASON, many_classes, record_of, with_attacks
from tests.support.audit_words import percent, render, words
from tests.support.schemas import validate

HOSTILE = "<b onclick=x>&amp;\x1b[2J|*a*"


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_every_attack_has_a_row_with_the_numbers_of_the_record(name: str, attacked: Any) -> None:
    report = words(render(name, attacked))
    for row in attacked["attacks"]:
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
def test_attacks_that_did_not_run_are_rows_with_the_reason(name: str, attacked: Any) -> None:
    attacked["attacks"][1].update(skipped="it was too late in the day", per_class=[])
    report = words(render(name, attacked))
    for row in attacked["attacks"]:
        if row["skipped"]:
            assert row["title"] in report
            assert row["skipped"] in report


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_where_no_attack_ran_there_is_no_made_up_figure(name: str, record: Any) -> None:
    record = with_attacks(record, ("mim", "deepfool"))
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


def test_the_lowest_robust_accuracy_is_a_headline(attacked: Any) -> None:
    for name in ("html", "text", "markdown"):
        report = words(render(name, attacked))
        low, high = (percent(attacked["attacks"][1]["accuracy"][key]) for key in ("low", "high"))
        headline = rf"Lowest robust accuracy[ |]*12\.0%[ |]*{low} to {high}"
        assert re.search(headline, report)
        assert "12.0% hold against PGD (L-inf 0.3) and 1 more" in report
        assert "1 trust flag is raised" in report


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_without_attacks_reports_are_as_before(name: str, record: Any) -> None:
    old = {
        key: value
        for key, value in record.items()
        if key not in ("attack_plan", "curves", "trust", "closest", "attack_gallery")
    }
    empty: dict[str, Any] = {"attack_plan": None, "curves": [], "trust": [], "closest": None}
    report = render(name, {**old, "schema_version": "1.0", "attacks": []})
    assert render(name, record) == report
    assert render(name, {**old, "attacks": [], **empty, "attack_gallery": []}) == report
    assert "series-" not in report
    assert "robust accuracy" not in report.lower()
    assert "trust flag" not in report.lower()


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_hostile_words_are_only_words(name: str, attacked: Any) -> None:
    for row in attacked["attacks"]:
        row["title"] = row["source"] = HOSTILE
        row["skipped"] = row["skipped"] and HOSTILE
    for flag in attacked["trust"]:
        flag["sentence"] = flag["name"] = HOSTILE
        flag["measured"] = {HOSTILE: HOSTILE}
    for curve in attacked["curves"]:
        curve["title"] = HOSTILE
        curve["skipped"] = curve["skipped"] and HOSTILE
    for shown in attacked["attack_gallery"]:
        shown["title"] = HOSTILE
    for one in attacked["margins"]["per_class"]:
        one["name"] = f'"{HOSTILE}'
    attacked["attack_plan"]["art"] = HOSTILE
    attacked["closest"]["sentence"] = HOSTILE
    attacked["closest"]["by"] = {HOSTILE: 30}
    report = render(name, attacked)
    assert "\x1b" not in report
    if name != "text":
        assert "<b onclick" not in report
    if name == "html":
        assert 'alt="Sample of class &#34;&lt;b onclick' in report
        assert "&lt;b onclick=x&gt;&amp;amp;" in report
