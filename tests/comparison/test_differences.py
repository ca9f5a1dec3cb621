"""Differences of figures: in their order, of either sign, and left out where nothing is known."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robaudit.comparison import compare
from robaudit.data.memory.in_memory import images_from_arrays
from robaudit.record import to_json
from robaudit.record.findings import Findings
from tests.support.comparisons import CLASSES, PLAN, X, differences, findings, images, model, named
from tests.support.schemas import validate


def test_differences_come_in_their_order(comparison: dict[str, Any]) -> None:
    names = [one["name"] for one in comparison["differences"]]
    overall = ["accuracy", "restricted-mean-margin", "crossing-rate"]
    overall += ["restricted-mean-margin-right-at-start", "crossing-rate-right-at-start"]
    overall += ["worst-class-margin"]
    overall += ["model-robustness", "gini", "max-min"]
    classes = ["accuracy", "restricted-mean-margin", "crossing-rate", "class-robustness"]
    beside = ["closest-boundary"]
    assert names == overall + CLASSES * classes + 2 * ["robust-accuracy"] + beside


def test_exchanging_before_and_after_changes_the_sign_alone(
    before: Findings, after: Findings
) -> None:
    there, back = differences(before, after), differences(after, before)
    negated = {"low": "high", "high": "low", "difference": "difference"}
    for one, other in zip(there, back, strict=True):
        assert (one["before"], one["after"]) == (other["after"], other["before"])
        for key, counterpart in negated.items():
            assert (one[key] is None) == (other[counterpart] is None)
            if one[key] is not None:
                assert one[key] == pytest.approx(-other[counterpart], abs=1e-9)
        assert one["p_value"] == pytest.approx(other["p_value"])


def test_predictions_that_differ_leave_the_figures_of_classes_out() -> None:
    pair = [findings(model(spread), reference="prediction") for spread in (0.0, 0.6)]
    found = compare(*pair)
    rows = found["differences"]
    for name in ("accuracy", "restricted-mean-margin", "crossing-rate"):
        assert named(rows, name)["low"] is not None
    for name in ("gini", "worst-class-margin", "model-robustness", "max-min"):
        assert named(rows, name)["difference"] is None
        assert "predict differently" in named(rows, name)["missing"]
    assert named(rows, "accuracy", 0)["difference"] is not None
    assert named(rows, "restricted-mean-margin", 0)["missing"]
    assert found["class_centers"] == []
    assert any("start from another class" in text for text in found["warnings"])
    validate(json.loads(to_json(found)))
    same = compare(pair[0], pair[0])["differences"]
    assert named(same, "gini")["difference"] == 0


def test_without_labels_nothing_is_said_of_accuracy() -> None:
    unlabelled = images_from_arrays(X)
    plan = replace(PLAN, samples=len(X), directions=2)
    found = compare(*(findings(model(spread), unlabelled, plan=plan) for spread in (0, 0.3)))
    assert named(found["differences"], "accuracy")["missing"] == "there are no labels"
    assert "not known: there are no labels" in found["verdict"][1]
    assert named(found["differences"], "restricted-mean-margin")["p_value"] is not None


def test_samples_right_at_the_start_on_both_are_compared_on_their_own() -> None:
    pair = findings(model()), findings(model(0.3))
    rows = differences(*pair)
    right = pair[0].tally.right & pair[1].tally.right
    assert 0 < right.sum() < len(right)
    for name, values in (
        ("restricted-mean-margin", [one.tally.restricted for one in pair]),
        ("crossing-rate", [one.tally.crossed_share for one in pair]),
    ):
        of_right = named(rows, f"{name}-right-at-start")
        classes = [right & (pair[0].origin == index) for index in range(CLASSES)]
        before, after = (
            float(np.mean([value[members].mean() for members in classes if members.any()]))
            for value in values
        )
        assert of_right["before"] == pytest.approx(before)
        assert of_right["after"] == pytest.approx(after)
        assert of_right["low"] < of_right["difference"] < of_right["high"]
        assert of_right["samples"] == right.sum()
        assert "samples" not in named(rows, name)


def test_where_all_are_right_nothing_is_compared_twice() -> None:
    rows = differences(findings(model(), images(0.0)), findings(model(scale=2.0), images(0.0)))
    assert not [one for one in rows if one["name"].endswith("right-at-start")]


def test_where_none_is_right_on_both_it_is_said() -> None:
    wrong = images(0.0)
    assert wrong.labels is not None
    wrong = replace(wrong, labels=(wrong.labels + 1) % CLASSES)
    rows = differences(findings(model(), wrong), findings(model(scale=2.0), wrong))
    assert named(rows, "crossing-rate-right-at-start")["missing"].startswith("no sample is right")
