"""Bounds on the ranks of groups: all of them hold at once."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from robaudit.stats.rank_intervals import rank_bounds


@pytest.mark.parametrize(("groups", "of_each"), [(3, 20), (10, 8), (10, 20), (6, 1)])
def test_groups_that_are_the_same_may_have_any_rank(groups: int, of_each: int) -> None:
    random, group = np.random.default_rng(0), np.repeat(np.arange(groups), of_each)
    missed = 0
    for number in range(100):
        values = random.lognormal(0, 0.5, len(group))
        low, high = rank_bounds(
            np.where(values > 1, np.inf, values) if number % 2 else values, group
        )
        missed += bool((low > 1).any() or (high < groups).any())
    assert missed <= 100 / 20


def test_groups_far_apart_have_their_own_ranks_and_neighbours_share_them() -> None:
    random, group = np.random.default_rng(0), np.repeat([0, 1, 2, 5], 20)
    middle = np.array([3.0, 0.0, 0.01, 0.0, 0.0, 6.0])[group]
    low, high = rank_bounds(middle + random.normal(0, 0.1, 80), group)
    assert low.tolist() == [3, 1, 1, 4]
    assert high.tolist() == [3, 2, 2, 4]


def test_two_groups_are_parted_as_the_rank_sum_test_parts_them() -> None:
    random = np.random.default_rng(1)
    parted = set()
    for shift in np.linspace(0, 2, 40):
        one, other = random.normal(0, 1, 12), random.normal(shift, 1, 12)
        p_value = mannwhitneyu(one, other, method="asymptotic").pvalue
        low, _ = rank_bounds(np.concatenate([one, other]), np.repeat([0, 1], 12))
        assert (low.tolist() != [1, 1]) == (p_value < 0.05)
        parted.add(p_value < 0.05)
    assert parted == {True, False}


def test_a_single_group_is_first() -> None:
    low, high = rank_bounds(np.arange(3.0), np.zeros(3, dtype=int))
    assert (low.tolist(), high.tolist()) == ([1], [1])
