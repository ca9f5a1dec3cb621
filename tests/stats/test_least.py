"""The least of several means before, less the least after."""

import numpy as np

from robaudit.stats.least import Bounded, bounds_of_least, differences_apart


def test_of_one_mean_the_bounds_are_its_own() -> None:
    assert bounds_of_least(np.array([[-0.1]]), np.array([[0.3]])) == (-0.1, 0.3)


def test_bounds_without_error_meet_at_the_difference() -> None:
    random = np.random.default_rng(0)
    before, after = random.random((2, 6))
    exact = differences_apart(*(Bounded(value, value, value) for value in (before, after)))
    low, high = bounds_of_least(*exact)
    assert low == high
    np.testing.assert_allclose(low, before.min() - after.min())


def test_equal_means_are_seldom_told_apart() -> None:
    """Each side misses in at most 5 % of draws, also where all means are equal."""
    random, units, draws = np.random.default_rng(1), 8, 600
    half = 2.5 * 0.1  # beyond the normal quantile of .05 / 8, 2.497
    lows, highs = [], []
    for _ in range(draws):
        means = random.normal(0, 0.1, (2, units))
        apart = differences_apart(*(Bounded(one, one - half, one + half) for one in means))
        low, high = bounds_of_least(*apart)
        lows.append(low)
        highs.append(high)
    assert np.mean(np.array(lows) > 0) <= 0.05
    assert np.mean(np.array(highs) < 0) <= 0.05
