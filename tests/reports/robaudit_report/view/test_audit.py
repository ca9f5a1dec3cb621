"""What every report of an audit says of its classes, its preprocessing and its draws."""

import copy
from typing import Any

import pytest

from tests.support.audit_samples import many_classes, record_of
from tests.support.audit_words import render, words


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
