"""What every report says of attacks: every row there, every number the record's."""

import re
from typing import Any

import numpy as np
import pytest

from robaudit import TextLayout
from robaudit.attacks.catalogue import CATALOGUE
from tests.support.audit_samples import REASON, held, many_classes, record_of, with_attacks
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
def test_a_worst_class_is_named_where_it_can_be_told(name: str, attacked: Any) -> None:
    fgsm, pgd, bim = attacked["attacks"][:3]
    fgsm["worst_alike"], pgd["worst_alike"] = [4], [0, 3, 4, 7]
    share = percent(fgsm["per_class"][4]["value"])
    report = re.sub(r"[|]", " ", words(render(name, attacked, TextLayout(width=120))))
    rows = [f"4 ({share})", "one of 4", "not told"]  # of BIM, as in older records
    for attack, said in zip((fgsm, pgd, bim), rows, strict=True):
        assert re.search(rf"{attack['title']}\b.{{0,90}}? {re.escape(said)} ", report), said


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
    right = [one["right_at_start"] for one in record["closest"]["per_class"]]
    margins = [one["margin"] for one in right]
    largest = int(np.argmax(margins))
    record["closest"]["disagreeing"] = [largest]
    validate(record)
    page = words(render("html", record))
    of_largest = right[largest]
    assert f"{largest} 2 {of_largest['attack']:.3f} {of_largest['ray']:.3f}" in page
    assert page.count(f"{margins[largest]:.3f} disagree") == 1
    assert "Shown are 20 of 60 classes: those where the two disagree" in page


def test_the_lowest_robust_accuracy_is_a_headline(attacked: Any) -> None:
    for name in ("html", "text", "markdown"):
        report = words(render(name, attacked))
        low, high = (percent(attacked["attacks"][1]["accuracy"][key]) for key in ("low", "high"))
        headline = rf"Lowest robust accuracy[ |]*12\.0%[ |]*{low} to {high}"
        assert re.search(headline, report)
        assert f"12.0% ({low} to {high}) hold against PGD (L-inf 0.3) and 1 more" in report
        assert "1 trust flag is raised" in report
        changed = {**attacked["attack_plan"], "lowest": {"value": 0.12, "low": 0.07, "high": 0.31}}
        report = words(render(name, {**attacked, "attack_plan": changed}))
        assert re.search(r"Lowest robust accuracy[ |]*12\.0%[ |]*7\.0% to 31\.0%", report)


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_noise_and_corruptions_are_never_the_headline(name: str, record: Any) -> None:
    record = with_attacks(record, ("uniform-noise", "gaussian-noise"))
    record["trust"] = []
    report = words(render(name, record))
    assert re.search(r"Lowest robust accuracy[ |]*-", report)
    assert "How robust it is under attack is not known: no adversary was asked for" in report
    assert "hold against" not in report
    assert "92.0%" in report  # in its own row
    stronger = with_attacks(record, ("uniform-noise", "fgsm"))
    stronger["attacks"][0]["accuracy"] = held(12)
    assert re.search(r"Lowest robust accuracy[ |]*41\.0%", words(render(name, stronger)))


def test_noise_of_older_records_is_known_by_its_name(record: Any) -> None:
    old = with_attacks(record, ("gaussian-noise", "uniform-noise", "jpeg"))
    for row in old["attacks"]:
        for key in ("adversary", "required", "stand_in", "doubt"):
            del row[key]
    validate(old)
    assert re.search(r"Lowest robust accuracy *-", words(render("text", old)))


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_what_was_given_too_little_is_marked_where_its_figure_stands(
    name: str, attacked: Any
) -> None:
    doubt = "its 5 steps of 0.0001 change a pixel by at most 0.0005, of a budget of 0.3"
    pgd, bim = attacked["attacks"][1:3]
    pgd["doubt"] = doubt
    validate(attacked)
    report = words(render(name, attacked).replace("\\*", "*"))
    assert "12.0%*" in report
    assert f"PGD was given too little, so less may hold: {doubt}" in report
    # BIM leaves as little, and was given enough.
    assert re.search(r"Lowest robust accuracy[ |]*12\.0%[^*]", report)
    bim["doubt"] = doubt
    report = words(render(name, attacked).replace("\\*", "*"))
    assert re.search(r"Lowest robust accuracy[ |]*12\.0%\*", report)
    assert f"but it was given too little to show that: {doubt}" in report


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
