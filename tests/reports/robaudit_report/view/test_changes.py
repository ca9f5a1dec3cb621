"""Changes: which way they went, and what is said where a number is missing."""

import re
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from robaudit.record.schema.comparison import DifferenceRecord
from robaudit_report.view.changes import mark
from tests.support import comparison_samples as samples
from tests.support.report_words import FORMATS, draw, figures_of, words

UNSEEN = re.compile(r"\b(None|nan|NaN|inf|Infinity)\b")


@pytest.mark.parametrize(
    ("low", "high", "better", "wanted"),
    [
        (0.1, 0.3, "higher", "better"),
        (0.1, 0.3, "lower", "worse"),
        (-0.3, -0.1, "higher", "worse"),
        (-0.3, -0.1, "lower", "better"),
        (0.1, 0.3, None, "higher"),
        (-0.3, -0.1, None, "lower"),
        (0.0, 0.3, "higher", "no clear change"),
        (-0.1, 0.3, "lower", "no clear change"),
        (0.1, None, "higher", "better"),
        (None, None, "higher", "no interval"),
    ],
)
def test_a_change_is_clear_when_its_interval_excludes_zero(
    comparison: Any, low: float | None, high: float | None, better: str | None, wanted: str
) -> None:
    row = msgspec.convert(comparison["differences"][0], DifferenceRecord)
    row = replace(row, difference=0.2, low=low, high=high, better=better)
    assert mark(replace(row, p_adjusted=0.01)) == wanted
    assert mark(replace(row, p_adjusted=None, p_value=None)) == wanted
    # Of many differences some have small p-values by chance: then nothing is clear.
    assert mark(replace(row, p_value=0.01, p_adjusted=0.06)) in ("no clear change", "no interval")


@pytest.mark.parametrize("name", FORMATS)
def test_where_numbers_are_missing_nothing_is_made_up(name: str, plain: Any) -> None:
    bare = samples.hardened(samples.without_numbers(plain))
    report = words(draw(name, bare))
    assert not UNSEEN.search(report)
    assert "no interval" in report
    if name != "text":
        assert "no ray crossed" in report
    known = bare["differences"][0]
    assert known["low"] is None
    assert figures_of(known)[2] in report
    if name == "html":
        assert "No difference: no ray crossed." in report
        assert "Accuracy drop" in report
