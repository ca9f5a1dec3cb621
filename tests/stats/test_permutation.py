"""The permutation test of groups: the share of all arrangements, and right under the null."""

from itertools import permutations

import numpy as np
import pytest

from robaudit.stats import permutation
from robaudit.stats.permutation import spread_p_value


def test_it_is_near_the_share_of_all_arrangements() -> None:
    values = np.array([0.1, 0.5, 0.4, 0.9, 0.8, 1.0, 0.2])
    groups = np.array([0, 0, 3, 3, 3, 5, 0])

    def spread(ordered: np.ndarray) -> float:
        return float(np.ptp([ordered[groups == one].mean() for one in (0, 3, 5)]))

    least = spread(values) - 1e-9
    every = [spread(np.array(ordered)) >= least for ordered in permutations(values)]
    assert spread_p_value(values, groups, seed=0) == pytest.approx(np.mean(every), abs=0.04)


def test_groups_that_are_the_same_are_seldom_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permutation, "PERMUTATIONS", 99)
    random, groups = np.random.default_rng(0), np.repeat(np.arange(5), 4)
    found = [
        spread_p_value(np.minimum(random.random(20), 0.7), groups, seed) for seed in range(200)
    ]
    assert np.mean([p is not None and p <= 0.05 for p in found]) <= 0.07
    apart = spread_p_value(groups + random.random(20), groups, 0)
    assert apart == 0.01


def test_where_nothing_differs_nothing_is_said() -> None:
    assert spread_p_value(np.full(6, 0.5), np.arange(6) % 2, 0) is None
    assert spread_p_value(np.arange(4.0), np.zeros(4, dtype=int), 0) is None
