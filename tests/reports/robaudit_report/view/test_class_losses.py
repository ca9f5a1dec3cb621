"""Epochs and points show the class that lost most, and whether that is too much."""

import copy
from typing import Any

import msgspec
import pytest

from robaudit.record.schema.hardening import ClassLossRecord
from robaudit_report.view.class_losses import said_of
from tests.support import comparison_samples as samples
from tests.support.report_words import draw, words

LOSS = {
    "class": 1,
    "name": "bee",
    "samples": 50,
    "before": 1.0,
    "after": 0.9,
    "low": 0.02,
    "high": 0.21,
    "too_large": False,
}


def test_every_epoch_has_the_class_that_lost_most(real: Any) -> None:
    made = samples.hardened(real)
    epochs = made["hardening"]["runs"][0]["rounds"][0]["epochs"]
    for epoch, too_large in zip(epochs, (False, True, False, True), strict=True):
        epoch["worst_class"] = {**copy.deepcopy(LOSS), "too_large": too_large}
    page = words(draw("html", made))
    assert "allowed bee: 10.0 points (2.0 to 21.0)" in page
    assert "bee: 10.0 points, too many" in page


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"low": None, "high": None}, "bee: 10.0 points"),
        ({"after": 1.0}, ""),
    ],
)
def test_what_is_not_known_is_not_said(changed: dict[str, Any], expected: str) -> None:
    assert said_of(msgspec.convert({**LOSS, **changed}, ClassLossRecord)) == expected
    assert said_of(None) == said_of(msgspec.UNSET) == ""
