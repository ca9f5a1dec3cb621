"""Intervals of bounded means: shares exactly, one value for all, p-values that agree."""

import math

import numpy as np
import pytest
from scipy import stats

from robaudit.stats.bounded import (
    CHANGES,
    NO_SPREAD,
    bounds,
    farthest_in_a_class,
    interval,
    intervals,
    least_seen,
    p_values,
    widest_change,
)
from robaudit.stats.means import Means
from robaudit.types import FloatArray


def of_values(values: FloatArray) -> Means:
    n = len(values)
    return Means(
        np.asarray(values.mean()),
        np.asarray(values.var(ddof=1) / n),
        np.asarray(0.0),
        np.asarray(float(n - 1)),
        np.asarray(float(n)),
    )


def shares(n: int) -> Means:
    """All shares that n samples can show."""
    share = np.arange(n + 1) / n
    freedom = np.full(n + 1, n - 1.0)
    return Means(share, share * (1 - share) / (n - 1), 0 * share, freedom, freedom + 1)


def test_lower_bound_is_students_with_one_more_value_at_0() -> None:
    values = np.array([0.9, 0.8, 1.0, 0.7, 1.0])
    one_more = np.append(values, 0.0)
    expected = one_more.mean() - stats.t.ppf(0.975, 5) * one_more.std(ddof=1) / math.sqrt(6)
    low, _ = bounds(of_values(values))
    assert low == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("n", [5, 10, 20, 50, 100, 1000])
def test_shares_are_covered_wherever_they_lie(n: int) -> None:
    low, high = bounds(shares(n))
    for share in np.linspace(0.0005, 0.5, 300).tolist():
        chance = stats.binom.pmf(np.arange(n + 1), n, share)
        assert chance[(low <= share) & (share <= high)].sum() > 0.946


def test_twenty_right_images_leave_room_for_one_that_is_wrong() -> None:
    low, high = bounds(of_values(np.ones(20)))
    assert 0.8 < low < 0.95
    assert high == 1


def test_an_interval_is_in_the_unit_asked_for_and_none_has_a_reason() -> None:
    values = of_values(np.array([0.9, 0.8, 1.0, 0.7, 1.0]))
    one, half = interval(values), interval(values, scale=0.5)
    assert half.low is not None
    assert one.low is not None
    assert half.low == pytest.approx(one.low / 2)
    nothing = Means(*(np.array([number] * 2) for number in (0.4, 0.0, 0.0, 0.0, 1.0)))
    assert [found.reason for found in intervals(nothing)] == [NO_SPREAD] * 2
    assert interval(of_values(np.full(9, 0.4))).reason is None


def test_a_p_value_is_the_error_at_which_the_interval_begins_to_hold_0() -> None:
    differences = np.random.default_rng(0).normal(0.1, 0.2, 40)
    means = of_values(differences)
    error = float(p_values(means))
    low, _ = bounds(means, CHANGES, error)
    assert low == pytest.approx(0, abs=1e-6)
    assert p_values(of_values(np.zeros(9))) == 1


def test_one_more_sample_is_thought_to_change_as_much_as_the_most_of_those_seen() -> None:
    assert widest_change(np.array([0.1, -0.3, 0.2, 0, 0.1, 0.1])) == (-0.3, 0.3)
    assert widest_change(np.array([0.1, 0, 0, 0, 0, 0])) == (-1.0, 1.0)
    assert least_seen(np.array([1, 0.9, 0.8, 0.7, 0.9, 0.95])) == (0.7, 1.0)
    assert least_seen(np.array([1, 0.9, 1, 1, 1])) == (0.0, 1.0)


def test_one_more_sample_of_a_class_may_be_far_from_the_mean_of_its_class() -> None:
    """Of a class with all its rays in another, and a class with none, means are 1 and 0."""
    unseen = farthest_in_a_class(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 3, 3]))
    assert unseen == (-0.5, 1.5)
    values = np.random.default_rng(0).random(10)
    low, high = farthest_in_a_class(values, np.zeros(10, dtype=np.int64))
    assert (low, high) == pytest.approx((0, 1))
