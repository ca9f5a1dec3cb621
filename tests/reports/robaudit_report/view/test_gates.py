"""How gates are told of: the error of a look, what would decide, why there is no interval."""

import copy
from typing import Any

import pytest

from tests.support.audit_words import render, words

GATE = {
    "metric": "crossing-rate",
    "threshold": 0.5,
    "better": "lower",
    "value": 0.49,
    "low": 0.45,
    "high": 0.53,
    "outcome": "inconclusive",
}
COST = {
    "samples": 2345,
    "there": 10_000,
    "rays": 18_760,
    "forward_evaluations": 98_765,
    "seconds": 100.0,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "is 0.490 (0.450 to 0.530), wanted at most 0.5"),  # of a record that is older
        ({"error": 0.05, "looks": None}, "(0.450 to 0.530), wanted"),
        ({"error": 0.0125, "looks": 4}, "(0.450 to 0.530 at 98.8%, for up to 4 looks), wanted"),
        (
            {"to_decide": COST},
            "at most 0.5; about 2,400 samples would decide it (19,000 rays, 99,000 forward "
            "passes, 2 min)",
        ),
        (
            {"to_decide": COST | {"there": 2000}},
            "; about 2,400 samples would decide it, more than the 2,000 that there are",
        ),
        ({"to_decide": COST | {"samples": None}}, "; no number of samples would decide it"),
        ({"low": None, "high": None, "reason": "one sample"}, "(no interval: one sample), want"),
        ({"value": None, "low": None, "high": None}, "is - (no interval), wanted at most 0.5"),
    ],
)
def test_a_gate_is_told_of(record: Any, changes: dict[str, Any], said: str) -> None:
    gated = copy.deepcopy(record) | {"gates": [GATE | changes]}
    for format_name in ("text", "markdown"):
        told = words(render(format_name, gated))
        assert "inconclusive" in told.lower()
        assert said in told.replace("\\", "")
