"""Intervals: published examples, coverage, and what has no spread."""

import numpy as np
import pytest

from robaudit.stats.intervals import percentile_interval, wilson_interval


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


def test_an_interval_open_above_has_no_upper_bound() -> None:
    resampled = np.concatenate([np.linspace(1, 2, 900), np.full(100, np.inf)])
    found = percentile_interval(1.5, resampled)
    assert found.high is None
    assert found.low is not None
    assert found.low < 1.5
