"""What is said of logit margins beside margins, in every format."""

import copy
from typing import Any

import pytest

from tests.support.audit_words import render, words

ESTIMATE = {"value": 0.62, "low": 0.58, "high": 0.666}
NOTHING = {"value": None, "low": None, "high": None}


def with_consistency(record: Any, **parts: Any) -> Any:
    changed = copy.deepcopy(record)
    changed["margins"]["consistency"] = {
        "samples": 1991,
        "rank_correlation": ESTIMATE,
        "margin_threshold": 0.4,
        "brittle": 497,
        "auroc": {"value": 0.877, "low": 0.848, "high": 0.9},
        "logit_threshold": 13.2,
        "false_alarms": {"value": 0.4, "low": 0.3, "high": 0.5},
        "missing": None,
        **parts,
    }
    return changed


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_correlation_and_area_are_said_with_their_intervals(record: Any, name: str) -> None:
    said = words(render(name, with_consistency(record))).replace("\\", "")
    assert "rank correlation of 0.62 (0.58 to 0.67)" in said
    assert "the 497 with the smallest margins" in said
    assert "area under the ROC curve of 0.88 (0.85 to 0.90)" in said


@pytest.mark.parametrize("name", ["html", "text", "markdown"])
def test_what_has_no_number_is_not_said(record: Any, name: str) -> None:
    no_area = words(render(name, with_consistency(record, auroc=NOTHING, brittle=0)))
    assert "lead of the best logit" in no_area
    assert "ROC" not in no_area
    neither = with_consistency(record, rank_correlation=NOTHING, auroc=NOTHING)
    assert "best logit" not in words(render(name, neither))
    older = copy.deepcopy(record)
    older["margins"].pop("consistency", None)
    assert "best logit" not in words(render(name, older))
