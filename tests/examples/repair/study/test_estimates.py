"""Means and intervals, held to SciPy."""

import numpy as np
import pytest
from scipy import stats

from study.estimates import holm, mean_of, over


def test_with_three_seeds_an_interval_is_students_over_their_means() -> None:
    random = np.random.default_rng(0)
    values = [random.random(size) for size in (50, 60, 70, 80)]
    means = [one.mean() for one in values]
    known = stats.ttest_1samp(means, 0)
    found, interval = mean_of(values), known.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p_value == pytest.approx(known.pvalue)
    assert found.value == pytest.approx(np.mean(means))
    assert found.over == "seeds"


def test_with_fewer_seeds_it_is_over_images_seed_by_seed() -> None:
    one, other = np.array([0.0, 1, 1, 1]), np.array([0.0, 0, 1, 0])
    found = mean_of([one, other])
    error = np.sqrt(one.var(ddof=1) / 4 + other.var(ddof=1) / 4) / 2
    assert found.value == 0.5
    assert found.high - found.value == pytest.approx(1.959964 * error)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(0.5 / error))
    assert found.over == "images"


def test_every_seed_counts_as_much_as_the_others() -> None:
    assert mean_of([np.zeros(900), np.ones(100)]).value == 0.5


def test_where_nothing_varies_there_is_no_doubt() -> None:
    assert mean_of([np.zeros(5)]).p_value == 1
    assert mean_of([np.full(5, 0.25)]).p_value == 0


def test_intervals_of_shares_end_where_shares_do() -> None:
    rare = mean_of([np.eye(20)[0]])
    assert rare.low < 0
    assert rare.share_cell == {"value": 0.05, "low": 0, "high": rare.high}
    common = mean_of([1 - np.eye(20)[0]])
    assert common.share_cell == {"value": 0.95, "low": common.low, "high": 1}


def test_three_seeds_are_enough() -> None:
    assert [over(seeds) for seeds in (1, 2, 3)] == ["images", "images", "seeds"]


def test_p_values_are_adjusted_for_their_number() -> None:
    assert holm([0.01, 0.04, 0.5]) == pytest.approx([0.03, 0.08, 0.5])
    assert holm([]) == []
