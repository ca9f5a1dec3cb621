"""The head of the page of a comparison."""

from typing import Any

import msgspec
import pytest

from robaudit.record.schema.comparison import ComparisonRecord
from robaudit_report.view.comparison_overview import gain_and_cost, head
from tests.support.report_words import FORMATS, draw, words


def typed(comparison: Any) -> ComparisonRecord:
    return msgspec.convert(comparison, ComparisonRecord)


def of_model(comparison: Any, name: str) -> Any:
    return next(
        one for one in comparison["differences"] if one["name"] == name and one["class"] is None
    )


def test_the_cost_stands_beside_the_gain_in_the_first_sentence(comparison: Any) -> None:
    cost = of_model(comparison, "accuracy")
    cost.update(
        before=0.98, after=0.95, difference=-0.03, low=-0.05, high=-0.01, p_value=0.001,
        p_adjusted=0.004,
    )  # fmt: skip
    said = gain_and_cost(typed(comparison))
    assert said.startswith("Restricted mean margin rose from 0.331 to 0.567 (+0.236, ")
    assert "; clean accuracy fell from 98.0% to 95.0% (-3.0 points, -5.0 to -1.0)" in said
    assert said.count(". ") == 0
    assert "html" in FORMATS
    page = words(draw("html", comparison))
    assert page.index(said) < page.index(comparison["hardening"]["outcome"])


def test_what_chance_could_make_is_no_gain(comparison: Any) -> None:
    of_model(comparison, "accuracy").update(low=-0.01, high=0.5)
    assert "clean accuracy did not clearly change, 58.3% to 98.7%" in gain_and_cost(
        typed(comparison)
    )
    of_model(comparison, "accuracy").update(difference=None, missing="the data has no labels")
    assert "clean accuracy is not known (the data has no labels)" in gain_and_cost(
        typed(comparison)
    )


def test_the_largest_losses_are_the_facts(comparison: Any) -> None:
    said = head(typed(comparison)).facts
    assert said[0].start == "No class, and no attack, is clearly worse after than before."
    losses = [
        one
        for one in comparison["differences"]
        if one["class"] in (3, 8) and one["name"] == "accuracy"
    ]
    for one, lost in zip(losses, (0.1, 0.4), strict=True):
        one.update(
            before=0.9, after=0.9 - lost, difference=-lost, low=-lost - 0.05, high=-lost + 0.05,
            p_value=0.0001, p_adjusted=0.001, missing=None,
        )  # fmt: skip
    said = head(typed(comparison)).facts
    assert [(one.start, one.number) for one in said[:2]] == [
        ("Class 8: clean accuracy ", "-40.0 points"),
        ("Class 3: clean accuracy ", "-10.0 points"),
    ]


def test_what_differs_between_both_audits_is_said_of_each(comparison: Any) -> None:
    names = [name for name, _ in head(typed(comparison)).about]
    assert names == ["Model before", "Model after", "Data", "Date", "Version"]
    comparison["after"]["environment"]["created"] = "2020-01-01T00:00:00+00:00"
    names = [name for name, _ in head(typed(comparison)).about]
    assert names[3:5] == ["Date before", "Date after"]


def in_class(comparison: Any, index: int, lost: float, low: float, high: float) -> None:
    for one in comparison["differences"]:
        if one["class"] == index and one["name"] == "accuracy":
            one.update(
                before=0.9, after=0.9 - lost, difference=-lost, low=low, high=high, missing=None,
                p_value=0.001, p_adjusted=0.01,
            )  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_the_class_that_paid_most_stands_in_the_first_sentence(name: str, comparison: Any) -> None:
    in_class(comparison, 3, 0.1, -0.15, -0.05)
    in_class(comparison, 8, 0.2, -0.3, 0.1)
    report = words(draw(name, comparison))
    said = gain_and_cost(typed(comparison))
    assert said.endswith(
        "; accuracy of class 8, which lost most, did not clearly change, 90.0% to 70.0% "
        "(-20.0 points, -30.0 to +10.0)."
    )
    in_class(comparison, 8, 0.2, -0.3, -0.1)
    assert "which lost most, fell from 90.0% to 70.0%" in gain_and_cost(typed(comparison))
    if name == "text":
        assert report.index(said) < report.index(comparison["hardening"]["outcome"])
    comparison["hardening"] = None
    assert "which lost most" not in gain_and_cost(typed(comparison))


def test_where_the_original_came_back_nothing_is_said_to_have_changed(comparison: Any) -> None:
    comparison["hardening"]["kept"] = None
    assert gain_and_cost(typed(comparison)) == ""
    assert head(typed(comparison)).more == comparison["hardening"]["outcome"]
