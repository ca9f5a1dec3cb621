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
    same = np.ones((3, 5))
    assert spread_p_value(values, groups, same, seed=0) == pytest.approx(np.mean(every), abs=0.04)


@pytest.mark.parametrize("shared", [0.0, 1.0, 5.0])
def test_groups_that_are_the_same_are_seldom_told_apart(
    shared: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along some directions a group happens to lie farther: all its samples share them."""
    monkeypatch.setattr(permutation, "PERMUTATIONS", 99)
    random, groups = np.random.default_rng(0), np.repeat(np.arange(5), 4)
    found = []
    for seed in range(200):
        of_samples = random.normal(0, 0.3, (20, 1)) + random.normal(0, 0.3, (20, 12))
        table = of_samples + shared * random.normal(0, 0.5, (5, 12))[groups]
        along = table.reshape(5, 4, 12).mean(axis=1)
        found.append(spread_p_value(table.mean(axis=1), groups, along, seed))
    assert np.mean([p is not None and p <= 0.05 for p in found]) <= 0.07


def test_groups_that_differ_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permutation, "PERMUTATIONS", 99)
    random, groups = np.random.default_rng(0), np.repeat(np.arange(5), 4)
    table = groups[:, np.newaxis] + random.random((20, 6))
    along = table.reshape(5, 4, 6).mean(axis=1)
    assert spread_p_value(table.mean(axis=1), groups, along, 0) == 0.01


def test_where_nothing_differs_nothing_is_said() -> None:
    assert spread_p_value(np.full(6, 0.5), np.arange(6) % 2, np.ones((2, 3)), 0) is None
    assert spread_p_value(np.arange(4.0), np.zeros(4, dtype=int), np.ones((1, 3)), 0) is None
    assert spread_p_value(np.arange(4.0), np.arange(4) % 2, np.ones((2, 1)), 0) is None
