"""What is predicted of new samples, held against all that can come of them."""

import numpy as np
import pytest
from scipy.stats import binom

from robaudit.stats.bounded import interval, share_interval
from robaudit.stats.means import Means
from robaudit.stats.prediction import bound_of_new_mean, lowest_of_new_share
from robaudit.types import Estimate


@pytest.mark.parametrize("total", [10, 60, 300])
@pytest.mark.parametrize("error", [0.05, 0.01])
def test_shares_of_new_samples_fall_below_as_seldom_as_is_said(total: int, error: float) -> None:
    """Exactly, over all pairs of counts."""
    counts = range(total + 1)
    lows = np.array([share_interval(count, total).low for count in counts])
    bounds = np.array([lowest_of_new_share(count, total, error) for count in counts])
    for share in (0.02, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999):
        chances = binom.pmf(np.arange(total + 1), total, share)
        below = sum(
            chance * chances[lows < bound].sum()
            for chance, bound in zip(chances, bounds, strict=True)
        )
        assert below <= error


def test_the_bound_is_no_farther_than_need_be() -> None:
    """Of shares in the middle the error is used up, nearly."""
    total, error = 300, 0.05
    counts = range(total + 1)
    lows = np.array([share_interval(count, total).low for count in counts])
    chances = binom.pmf(np.arange(total + 1), total, 0.5)
    below = sum(
        chances[count] * chances[lows < lowest_of_new_share(count, total, error)].sum()
        for count in counts
    )
    assert below > error / 2


@pytest.mark.parametrize(("above", "tilt"), [(False, (8, 2)), (True, (2, 8)), (False, (2, 8))])
def test_means_of_new_samples_go_beyond_as_seldom_as_is_said(
    above: bool, tilt: tuple[float, float]
) -> None:
    random, error, samples = np.random.default_rng(0), 0.05, 60

    def estimate() -> Estimate:
        values = random.beta(*tilt, samples)
        mean = np.asarray(values.mean())
        variance = np.asarray(values.var(ddof=1) / samples)
        freedom = np.asarray(samples - 1.0)
        return interval(Means(mean, variance, np.asarray(0.0), freedom, freedom + 1), scale=0.2)

    beyond = 0
    for _ in range(1000):
        bound = bound_of_new_mean(estimate(), error, samples - 1, above=above, most=0.2)
        new = estimate()
        assert bound is not None
        assert new.high is not None
        assert new.low is not None
        beyond += new.high > bound if above else new.low < bound
    assert beyond <= 1000 * error


def test_without_an_interval_there_is_no_bound() -> None:
    assert bound_of_new_mean(Estimate(0.5, None, None), 0.05, 10, above=True) is None


def test_bounds_stay_within_what_there_is() -> None:
    assert bound_of_new_mean(Estimate(0.01, 0.0, 0.1), 0.01, 10, above=False) == 0
    assert bound_of_new_mean(Estimate(0.9, 0.7, 1.0), 0.01, 10, above=True) == 1
    beyond = bound_of_new_mean(Estimate(0.0, 0.0, 0.1), 0.05, 10, above=True)
    assert beyond is not None
    assert beyond > 0.2
