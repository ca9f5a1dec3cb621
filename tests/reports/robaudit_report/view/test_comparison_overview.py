"""The head of the page of a comparison."""

from typing import Any

import msgspec

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
