"""Intervals: published examples, coverage, and what has no spread."""

import math

import numpy as np
import pytest

from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.intervals import mean_interval, percentile_interval, wilson_interval


def test_wilson_interval_of_published_examples() -> None:
    """Values of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    for successes, total, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson_interval(successes, total)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_bootstrap_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    random = np.random.default_rng(0)
    values = random.random(400)
    found = mean_interval(values, bootstrap_weights(np.zeros(400, dtype=int), seed=1), 1.0)
    error = values.std() / math.sqrt(400)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Rays of one sample agree with each other; intervals over samples still cover."""
    covered = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        share = random.beta(0.5, 1.5, size=60)  # mean 0.25
        values = random.binomial(50, share) / 50
        found = mean_interval(values, bootstrap_weights(np.zeros(60, dtype=int), seed), 1.0)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.25 <= found.high
    assert 0.89 <= covered / 200 <= 0.99


def test_values_without_spread_get_an_interval_all_the_same() -> None:
    weights = bootstrap_weights(np.zeros(20, dtype=int), seed=0)
    none = mean_interval(np.zeros(20), weights, 0.5)
    assert none.value == 0
    assert none.high == pytest.approx(0.1611 * 0.5, abs=1e-4)
    one = mean_interval(np.full(1, 0.3), weights[:, :1], 0.5)
    assert one.low is not None
    assert one.low < 0.2
    assert percentile_interval(1.0, np.ones(1000)).high is None


def test_one_small_value_among_many_zeros_does_not_make_the_mean_sure() -> None:
    weights = bootstrap_weights(np.zeros(30, dtype=int), seed=0)
    zeros = mean_interval(np.zeros(30), weights, 0.5)
    almost = mean_interval(np.append(np.zeros(29), 0.005), weights, 0.5)
    assert zeros.high is not None
    assert almost.high is not None
    assert almost.high >= zeros.high


def test_values_that_differ_only_between_strata_get_an_interval() -> None:
    groups = np.repeat([0, 1], 10)
    found = mean_interval(groups * 1.0, bootstrap_weights(groups, seed=0), 1.0)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.5 < found.high


def test_an_interval_open_above_has_no_upper_bound() -> None:
    resampled = np.concatenate([np.linspace(1, 2, 900), np.full(100, np.inf)])
    found = percentile_interval(1.5, resampled)
    assert found.high is None
    assert found.low is not None
    assert found.low < 1.5
