"""What is shown of what was measured beside attacks, in every format."""

import copy
from typing import Any

import pytest

from tests.support.audit_words import render, words

SHARE = {"value": 0.405, "low": 0.351, "high": 0.462}
LEAST = {"value": 0.712, "low": 0.601, "high": 0.803}
FLAT = {"value": 22.94, "low": 17.0, "high": 30.1, "reason": None}
COUNT = {"value": 11.64, "low": 7.41, "high": 16.92, "reason": None}


def with_measures(record: Any) -> Any:
    changed = copy.deepcopy(record)
    classes = changed["model"]["classes"]
    errors = [SHARE] * 4 + [LEAST]
    changed["measures"] = {
        "asked": ["corruptions", "detection", "directions"],
        "corruptions": {
            "severities": [1, 2, 3, 4, 5],
            "clean": SHARE,
            "mean": SHARE,
            "corruptions": [{"name": "glass_blur", "mean": SHARE, "errors": errors}],
        },
        "detection": {
            "least": LEAST,
            "pairs": [
                {
                    "trained_on": "OptMargin",
                    "tested_on": "OptMargin",
                    "examples": 24,
                    "samples": 29,
                    "detected": LEAST,
                    "false_alarms": SHARE,
                    "auroc": LEAST,
                }
            ],
        },
        "directions": {
            "budget": 1.5,
            "most": 64,
            "at_most": 3,
            "samples": 57,
            "directions": COUNT,
            "linear": FLAT,
            "per_class": [
                {"class": index, "samples": 5, "directions": COUNT, "linear": FLAT}
                for index in range(classes)
            ],
        },
        "skipped": {},
    }
    return changed


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_figures_and_tables_are_shown(record: Any, name: str) -> None:
    said = words(render(name, with_measures(record))).replace("\\", "")
    assert "Mean corruption error" in said
    assert "40.5%" in said
    assert "glass blur" in said
    assert "Detection of examples (AUROC)" in said
    assert "60.1% to 80.3%" in said
    assert "Orthogonal adversarial directions within 1.5 (L2)" in said
    assert "7.4 to 16.9" in said
    assert "22.9" in said
    assert "17.0 to 30.1" in said or name == "text"  # where there is room
    assert "3 samples reach the 64 that were tried: their counts are lower bounds" in said


def test_the_page_has_a_picture_of_directions(record: Any) -> None:
    page = render("html", with_measures(record))
    assert 'class="near"' in page
    said = words(page)
    assert "found (dot), if flat (bar)" in said
    assert "(OptMargin). At 50% it tells nothing." in said
    assert "Measured beside attacks" not in words(render("html", record))


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_what_was_not_measured_says_why(record: Any, name: str) -> None:
    changed = with_measures(record)
    empty = {"corruptions": None, "detection": None, "directions": None}
    changed["measures"] |= {**empty, "skipped": {"corruptions": "no pictures"}}
    said = words(render(name, changed))
    assert "Not measured: corruptions (no pictures)." in said
