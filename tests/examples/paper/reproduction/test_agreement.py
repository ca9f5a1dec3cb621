"""Verdicts on the paper's claims follow from intervals alone."""

from collections.abc import Sequence

import pytest

from reproduction.agreement import Finding, in_words, judge_difference
from tests.support.paper_results import cell


@pytest.mark.parametrize(
    ("bounds", "known", "expected"),
    [
        ((1.0, 3.0), None, "reproduced"),
        ((1.0, 3.0), 9.0, "reproduced"),
        ((-3.0, -1.0), None, "not reproduced"),
        ((-1.0, 1.0), None, "open"),
        ((-1.0, 1.0), 0.5, "open"),
        ((-1.0, 1.0), 46.0, "not reproduced"),
        ((), 1.0, "open"),
    ],
)
def test_a_difference_is_judged_by_its_interval(
    bounds: Sequence[float], known: float | None, expected: str
) -> None:
    assert judge_difference(cell(0.5, *bounds, paper=known)) == expected


def test_the_summary_has_the_central_claims_by_their_verdict() -> None:
    some = [
        Finding("R", "a", "reproduced", "", central=True),
        Finding("R", "b", "reproduced", ""),
        Finding("R", "c", "open", "", central=True),
        Finding("R", "d", "not reproduced", "", central=True),
    ]
    assert in_words("MNIST", some) == "MNIST. Reproduced: a. Not reproduced: d. Open: c."
    assert in_words("Digits", []) == ""
