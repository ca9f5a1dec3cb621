"""What every report of an audit says of its classes, its preprocessing and its draws."""

import copy
import re
from typing import Any

import pytest

from robaudit import Images, TextLayout, load
from tests.support.audit_samples import many_classes, record_of
from tests.support.audit_words import render, words
from tests.support.paths import DIGITS


def test_of_many_classes_the_worst_are_shown_and_the_rest_are_counted() -> None:
    record = record_of(many_classes(), None, samples=60)
    for name in ("html", "text", "markdown"):
        text = render(name, record)
        assert "Shown are 20 of 60 classes" in text
    assert len(render("html", record)) < 400_000


FORMATS = ("html", "text", "markdown")
STEP = {"mean": [0.5], "std": [0.5], "layout": "CHW", "channels": "grey"}
DECLARED = {"source": "config.json", "mean": [0.5], "std": [0.5], "input_range": None} | {
    "channels": None
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"how": "declared", "candidates": []},
         "Preprocessing as config.json says, not checked: -1..1 (CHW)."),
        ({"how": "declared"},
         "Preprocessing as config.json says, and found no worse by trying 24 candidates on 400 "
         "labelled images (22 of them on a few): -1..1 (CHW), accuracy 90.0%"),
        ({"how": "found", "exchanged": True, "inverted": True},
         "-1..1 (CHW, rows and columns exchanged, black and white exchanged), accuracy 90.0%"),
        ({"how": "assumed", "candidates": []},
         "Preprocessing assumed, not checked: -1..1 (CHW)."),
    ],
)  # fmt: skip
def test_how_the_preprocessing_was_come_by_is_said(
    record: Any, changes: dict[str, Any], said: str
) -> None:
    tried = [STEP | {"name": name, "accuracy": 0.9, "cross_entropy": 0.3} for name in "ab"]
    record = copy.deepcopy(record)
    record["data"]["preprocessing"] = {
        **(STEP | {"name": "-1..1", "how": "found", "clear": False, "lead": None}),
        **({"tried_on": 400, "tried": 24, "candidates": tried, "declared": DECLARED} | changes),
    }
    for name in FORMATS:
        assert said in words(render(name, record))
    if record["data"]["preprocessing"]["candidates"]:
        assert "accuracy 90.0% and cross-entropy 0.300" in words(render("text", record))
        record["model"]["scores"] = "labels"
        assert "accuracy 90.0% and share of errors 0.300" in words(render("text", record))


def test_a_model_that_answers_differently_is_said_to_first(record: Any) -> None:
    record = copy.deepcopy(record)
    estimate = {"value": 0.7, "low": 0.6, "high": 0.8}
    figure = {"name": "accuracy", "values": [0.68, 0.72], "estimate": estimate}
    record["randomised"] = {"draws": 2, "figures": [figure]}
    for name in FORMATS:
        report = words(render(name, record))
        assert "audited over 2 draws: it classifies 68.0% to 72.0% of" in report
        assert "In the first draw: walking from" in report
        assert "70.0%" in report


def test_an_order_of_the_classes_is_the_condition_of_the_accuracy(record: Any) -> None:
    record = copy.deepcopy(record)
    order = {"class_of_output": [*range(9, -1, -1)], "accuracy": 0.1, "accuracy_in_order": 0.9}
    record["data"]["preprocessing"]["class_order"] = order | {"samples": 90}
    for name in FORMATS:
        report = words(render(name, record))
        assert "as they are labelled, and 90.0% of 90 of them if its outputs are classes" in report


def _with_margins(record: Any, means: list[float | None]) -> Any:
    """Give a record with these mean margins of classes by samples right at the start, not all."""
    shown = copy.deepcopy(record)
    right = shown["margins"]["right_at_start"]
    right["samples"] -= 1
    for of_class, mean in zip(right["per_class"], means, strict=True):
        estimate = {"value": mean, "low": mean, "high": mean}
        of_class["restricted_mean"] = estimate | {"l2": mean}
        of_class["crossing_rate"] = estimate
    return shown


@pytest.mark.parametrize("name", FORMATS)
def test_tables_of_classes_begin_with_the_worst_by_samples_right_at_the_start(
    name: str, record: Any
) -> None:
    means = [0.31, 0.11, 0.41, 0.21, 0.44, 0.16, 0.37, 0.28, 0.49, 0.05]
    report = render(name, _with_margins(record, list(means)), TextLayout(width=100))
    tables = report.split('id="where"')[0]
    places = [tables.rindex(f"{mean:.3f}") for mean in sorted(means)]
    assert places == sorted(places)


def test_older_records_are_sorted_by_all_samples(record: Any) -> None:
    old = copy.deepcopy(record)
    del old["margins"]["right_at_start"], old["inequality"]["right_at_start"]
    means = [one["restricted_mean"]["value"] for one in old["margins"]["per_class"]]
    rows = re.findall(r"^ \d +[\d.]+% +([\d.]+)", render("text", old), re.MULTILINE)
    assert rows == [f"{mean:.3f}" for mean in sorted(means)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("alike", "said"),
    [
        ([3], "found for class 3, below each other class by more than chance."),
        ([1, 3], "found for class 3, from which class 1 cannot be told."),
        ([1, 3, 7], "found for class 3, from which classes 1, 7 cannot be told."),
        ([*range(10)], "found for class 3, from which no other class can be told."),
        (None, "found for class 3 (whether it stands out, this record does not say)."),
    ],
)
def test_the_worst_class_comes_with_those_that_cannot_be_told_from_it(
    name: str, record: Any, alike: list[int] | None, said: str
) -> None:
    shown = copy.deepcopy(record)
    shown["inequality"].update(worst_class=3, worst_alike=alike)
    if alike is None:
        del shown["inequality"]["worst_alike"]
    assert said in words(render(name, shown))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("p_value", "said"),
    [
        (0.001, "; of samples right at the start, for class 5, below each other class by more"),
        (0.2, "; of samples right at the start, all classes may be the same."),
    ],
)
def test_of_samples_right_at_the_start_one_is_named_where_classes_differ(
    name: str, record: Any, p_value: float, said: str
) -> None:
    shown = _with_margins(record, [0.3] * 10)
    shown["inequality"]["right_at_start"].update(worst_class=5, worst_alike=[5], p_value=p_value)
    assert said in words(render(name, shown))


@pytest.mark.parametrize("name", FORMATS)
def test_what_has_no_interval_says_why(name: str, digits: Images) -> None:
    """Each class has one sample, which shows nothing of how much samples differ."""
    report = words(render(name, record_of(load(DIGITS), digits, samples=10)))
    few = "no interval: classes have too few samples to tell noise from differences between them"
    assert report.count(few) >= 2  # the worst class's margin, and Gini
    assert "No interval for classes " in report
    assert name == "text" or report.count("no interval ") > 10 + 2
    assert "and 4 more: a single sample, or direction, does not tell how much they diff" in report
    unlabelled = words(render(name, record_of(load(DIGITS), None, samples=10)))
    assert "not known: the data has no labels" in unlabelled


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_asked_and_reached_is_said(name: str, record: Any) -> None:
    shown = copy.deepcopy(record)
    shown["search"]["precision"] = {
        "figure": "restricted-mean-margin",
        "asked": 0.005,
        "half_width": 0.0048,
        "met": True,
        "samples": 4000,
        "most": 10_000,
        "samples_for_half": None,
    }
    said = "known to within 0.0048, asked for within 0.005, by 4,000 of 10,000 samples; half of"
    report = words(render(name, shown))
    assert (
        f"Reached: restricted mean margin {said} that takes more samples than there are." in report
    )
    shown["search"]["precision"].update(half_width=0.006, met=False, samples_for_half=9000)
    report = words(render(name, shown))
    assert "Not reached: restricted mean margin known to within 0.006" in report
    assert "half of that would take about 9,000." in report
