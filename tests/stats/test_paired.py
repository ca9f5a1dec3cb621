"""Differences of paired figures: published examples, coverage, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.stats.paired import (
    Difference,
    holm,
    resampled_difference,
    share_difference,
)
from robaudit.types import BoolArray


def pair(both: int, only_before: int, only_after: int, neither: int) -> tuple[BoolArray, BoolArray]:
    before = np.repeat([True, True, False, False], [both, only_before, only_after, neither])
    after = np.repeat([True, False, True, False], [both, only_before, only_after, neither])
    return before, after


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Bentur et al. (2009), and Altman et al., Statistics with Confidence (2000), chapter 6.
        ((1, 7, 1, 12), (-0.286, -0.507, -0.026)),
        ((14, 0, 5, 22), (0.122, 0.011, 0.226)),
    ],
)
def test_intervals_of_paired_shares_are_those_published(
    counts: tuple[int, int, int, int], expected: tuple[float, float, float]
) -> None:
    found = share_difference(*pair(*counts))
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=5e-4)


def bounds(found: Difference) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def test_intervals_of_paired_shares_cover_the_truth() -> None:
    random = np.random.default_rng(0)
    for chances in ([0.9, 0.05, 0.03, 0.02], [0.3, 0.25, 0.15, 0.3], [0.97, 0.0, 0.02, 0.01]):
        truth, covered = chances[2] - chances[1], 0
        for counts in random.multinomial(60, chances, size=400):
            low, high = bounds(share_difference(*pair(*counts.tolist())))
            covered += low <= truth <= high
        assert covered / 400 >= 0.92


def test_marks_that_are_all_the_same_do_not_make_the_difference_sure() -> None:
    found = share_difference(*pair(30, 0, 0, 0))
    assert found.p_value == 1
    ends = 1.96**2 / (30 + 1.96**2)
    assert bounds(found) == pytest.approx((-ends, ends), abs=1e-4)


def correlated(seed: int, count: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Make up mean margins of the same samples on two models; ``shift`` is what they differ by."""
    random = np.random.default_rng(seed)
    ease = random.normal(0.25, 0.06, count)
    before, after = (ease + random.normal(0, 0.03, count) + add for add in (0.0, shift))
    return before, after


def test_no_spread_among_resamples_shows_nothing() -> None:
    assert resampled_difference(0.1, np.full(1000, 0.1)) == Difference(0.1, None, None, None)


def test_infinite_resamples_bound_nothing_above() -> None:
    resampled = np.concatenate([np.linspace(1, 2, 900), np.full(100, np.inf)])
    found = resampled_difference(1.5, resampled)
    assert found.high is None
    assert found.low is not None
    assert found.p_value is not None
    assert 2 / 1001 <= found.p_value < 0.01


def test_many_resamples_without_a_number_leave_no_interval() -> None:
    resampled = np.concatenate([np.linspace(1, 2, 900), np.full(100, np.nan)])
    assert resampled_difference(1.5, resampled).low is None
    few = np.concatenate([np.linspace(1, 2, 990), np.full(10, np.nan)])
    found = resampled_difference(1.5, few)
    assert found.low is not None
    # What is no number counts as lying on either side of 0.
    assert found.p_value == pytest.approx(2 * 11 / 1001, rel=0.1)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(1, 30), same=st.booleans())
def test_exchanging_before_and_after_changes_the_sign_alone(
    seed: int, count: int, same: bool
) -> None:
    before, after = np.clip(correlated(seed, count, 0.02), 0, 0.5)
    after = before if same else after
    marks = before > 0.25, after > 0.25
    forth, back = share_difference(*marks), share_difference(*marks[::-1])
    assert forth.value == pytest.approx(-back.value, abs=1e-12)
    assert forth.low == pytest.approx(-(back.high or 0), abs=1e-9)
    assert forth.high == pytest.approx(-(back.low or 0), abs=1e-9)
    assert forth.p_value == pytest.approx(back.p_value)
    assert 0 < (forth.p_value or 0) <= 1
    assert (forth.low or 0) <= forth.value <= (forth.high or 0)


def test_holm_adjusts_for_how_many_there_are() -> None:
    assert holm([0.04, 0.01, 0.03, 0.9]) == pytest.approx([0.09, 0.04, 0.09, 0.9])
    assert holm([]) == []
