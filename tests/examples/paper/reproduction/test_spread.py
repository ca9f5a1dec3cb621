"""From one number a seed to one cell."""

import math

import pytest

from reproduction.spread import mean_cell, median_cell, rank_correlation


def test_a_mean_over_seeds_has_the_interval_of_student() -> None:
    cell = mean_cell([1.0, 2.0, 3.0], paper=5.0)
    assert cell["value"] == 2
    assert cell["high"] - 2 == pytest.approx(4.302653 / math.sqrt(3))
    assert cell["paper"] == 5
    assert mean_cell([0.9, 1.0, 1.0], bounds=(0, 1))["high"] == 1
    alone = mean_cell([0.4, None])
    assert (alone["value"], alone["low"]) == (0.4, None)
    assert alone["note"] == "no number for 1 of 2 seeds"
    assert mean_cell([None])["value"] is None


def test_ratios_have_the_median_and_the_extremes() -> None:
    cell = median_cell([0.1, 100.0, 2.0])
    assert (cell["value"], cell["low"], cell["high"]) == (2.0, 0.1, 100.0)


def test_ranks_are_correlated() -> None:
    assert rank_correlation([1, 2, 30, None], [2, 4, 5, 0]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 2, 3], [1, 1, 2, 3]) == pytest.approx(1)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1, 2], [1, 2]) is None
