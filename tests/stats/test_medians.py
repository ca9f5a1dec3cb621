"""Intervals of medians: exact by the binomial, and differences of the same samples."""

import numpy as np
import pytest
from scipy.stats import binom

from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.medians import median_difference, median_interval


@pytest.mark.parametrize("count", [6, 7, 25, 100, 401])
@pytest.mark.parametrize("error", [0.05, 0.001])
def test_the_interval_is_that_of_the_binomial(count: int, error: float) -> None:
    """Values are their own ranks, so that bounds tell which were taken."""
    found = median_interval(np.arange(1.0, count + 1), 1000.0, error)
    assert found.value == (count + 1) / 2
    place = int(binom.ppf(error / 2, count, 0.5))  # so few, or fewer, are too likely
    if place == 0:
        assert found.low is None
        assert found.high is None
    else:
        assert (found.low, found.high) == (place, count + 1 - place)
        assert binom.cdf(place - 1, count, 0.5) <= error / 2 < binom.cdf(place, count, 0.5)


def test_what_was_not_found_lies_beyond_all_else() -> None:
    values = np.array([0.1] * 15 + [np.inf] * 5)
    assert median_interval(values, 1.0).value == 0.1
    most = median_interval(np.array([0.1] * 11 + [np.inf] * 9), 1.0)
    assert (most.value, most.low, most.high) == (0.1, 0.1, 1.0)
    none = median_interval(np.array([0.1] * 9 + [np.inf] * 11), 1.0, why_none="not found")
    assert (none.value, none.low, none.high, none.reason) == (None, 0.1, 1.0, "not found")


def test_too_few_have_no_interval() -> None:
    found = median_interval(np.array([0.1, 0.2]), 1.0)
    assert found.value == pytest.approx(0.15)
    assert (found.low, found.high) == (None, None)
    assert found.reason
    assert median_interval(np.zeros(0), 1.0).value is None


def test_a_shift_is_found_and_no_other() -> None:
    random = np.random.default_rng(0)
    before = random.random(200)
    weights = bootstrap_weights(np.zeros(200, dtype=np.int64), 0, rescaled=True)
    shifted = median_difference(before, before + 0.1, weights, 2.0).interval()
    assert shifted.value == pytest.approx(0.1)
    assert shifted.low is None  # all resamples shift by as much: no spread to tell from
    after = before + 0.1 + 0.02 * random.random(200)
    noisy = median_difference(before, after, weights, 2.0).interval()
    assert noisy.low is not None
    assert noisy.high is not None
    assert 0.09 < noisy.low <= noisy.value <= noisy.high < 0.13
    assert noisy.p_value is not None
    assert noisy.p_value < 0.01
    alike = median_difference(before, random.permutation(before), weights, 2.0).interval()
    assert alike.low is not None
    assert alike.high is not None
    assert alike.low < 0 < alike.high


def test_the_infinite_count_as_the_most() -> None:
    before, after = np.array([0.1] * 9 + [np.inf]), np.array([0.1] * 3 + [np.inf] * 7)
    weights = bootstrap_weights(np.zeros(10, dtype=np.int64), 0, rescaled=True)
    assert median_difference(before, after, weights, 1.0).value == pytest.approx(0.9)


def test_the_p_value_is_the_error_at_which_the_interval_begins_to_hold_0() -> None:
    random = np.random.default_rng(0)
    for seed in range(40):
        before = random.random(20)
        weights = bootstrap_weights(np.zeros(20, dtype=np.int64), seed, 1000, rescaled=True)
        found = median_difference(before, before + random.normal(0.1, 0.2, 20), weights, 9.0)
        told = found.interval()
        assert told.low is not None
        assert told.high is not None
        assert told.p_value is not None
        assert (told.low > 0 or told.high < 0) == (told.p_value <= 0.05)
