"""Areas under ROC curves: by hand, by SciPy, and intervals that hold as often as they say."""

import numpy as np
import pytest

from robaudit.stats.auroc import area_bounds, area_under_curve
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.types import IntArray


def one_group(count: int) -> IntArray:
    return np.zeros(count, dtype=np.int64)


def test_areas_are_those_of_the_mann_whitney_statistic() -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    positive = random.random(80) < 0.3
    scores = (random.integers(6, size=80) + 2 * positive).astype(np.float64)
    scores[:3] = np.inf
    found = area_under_curve(scores, positive, bootstrap_weights(one_group(80), seed=0))
    exact = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert found.value == pytest.approx(exact / (positive.sum() * (~positive).sum()))
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_groups_that_do_not_overlap_are_not_taken_for_certain() -> None:
    positive = np.arange(20) < 10
    weights = bootstrap_weights(one_group(20), seed=0)
    apart = area_under_curve(-np.arange(20.0), positive, weights)
    assert (apart.value, apart.high) == (1.0, 1.0)
    assert apart.low == pytest.approx(area_bounds(1.0, 10, 10)[0])
    assert area_under_curve(np.zeros(20), positive, weights).value == 0.5


def test_one_group_alone_has_no_area() -> None:
    weights = bootstrap_weights(one_group(9), seed=0)
    assert area_under_curve(np.arange(9.0), np.zeros(9, dtype=bool), weights).value is None


def test_bounds_hold_the_true_area_about_as_often_as_they_say() -> None:
    """Normal scores one apart: the area is Phi(1 / sqrt(2)) = 0.7602."""
    random, held = np.random.default_rng(1), 0
    positive = np.arange(40) < 15
    for _ in range(400):
        scores = random.standard_normal(40) + positive
        area = float((scores[positive][:, None] > scores[~positive]).mean())
        low, high = area_bounds(area, 15, 25)
        held += low <= 0.7602 <= high
    assert held / 400 >= 0.93
