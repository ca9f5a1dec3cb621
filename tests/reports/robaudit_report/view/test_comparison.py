"""What every report of a comparison says: every number is that of the JSON."""

import copy
from typing import Any

import pytest

from tests.support import comparison_samples as samples
from tests.support.report_words import FORMATS, draw, figures_of, row_of, words


@pytest.mark.parametrize("name", FORMATS)
def test_every_figure_of_the_whole_is_that_of_the_json(name: str, comparison: Any) -> None:
    report = words(draw(name, comparison))
    overall = [
        one
        for one in comparison["differences"]
        if one["class"] is None and one["attack_name"] is None
    ]
    assert len(overall) == 10
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
    best.update(difference=-0.3, low=-0.4, high=-0.2, p_value=0.001, p_adjusted=0.01)
    before, after, difference = figures_of(best)
    row = f"{best['class']}: Restricted mean margin {before} {after} {difference}"
    if name == "html":
        row = f"{before} → {after} {difference} worse"
    assert row in words(draw(name, plainly))


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
