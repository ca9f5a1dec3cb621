"""Differences of means of the same samples: by SciPy, and at their ends."""

import numpy as np
import pytest
from scipy import stats

from robaudit.stats.paired_values import mean_difference


def test_the_difference_is_that_of_a_paired_test_but_for_one_more_sample() -> None:
    random = np.random.default_rng(0)
    before = random.random(400)
    after = np.clip(before + random.normal(0.02, 0.05, 400), 0, 1)
    found = mean_difference(before, after)
    paired = stats.ttest_rel(after, before)
    exact = paired.confidence_interval()
    assert found.value == pytest.approx((after - before).mean())
    assert found.low is not None
    assert found.high is not None
    assert found.low <= exact.low
    assert found.high >= exact.high
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=2e-3)
    assert found.p_value is not None
    assert paired.pvalue <= found.p_value < 1e-4


def test_an_error_makes_it_longer_and_the_same_values_hold_zero() -> None:
    values = np.random.default_rng(1).random(50)
    same = mean_difference(values, values)
    assert same.value == 0
    assert same.low is not None
    assert same.high is not None
    assert same.low <= 0 <= same.high
    shifted = values[::-1].copy()
    usual, surer = (mean_difference(values, shifted, error) for error in (0.05, 0.001))
    assert (surer.low or 0) < (usual.low or 0)
    assert (surer.high or 0) > (usual.high or 0)


def test_one_sample_has_no_interval() -> None:
    assert mean_difference(np.array([0.1]), np.array([0.4])).low is None
