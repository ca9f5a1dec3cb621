"""Ranks and their correlation: by hand, and by SciPy."""

import numpy as np
import pytest

from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.rank_correlation import rank_correlation, ranks

INF = np.inf


def test_ranks_share_ties() -> None:
    np.testing.assert_array_equal(ranks(np.array([5.0, 1.0, 5.0, INF])), [2.5, 1, 2.5, 4])


def test_rank_correlations_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    first = random.integers(6, size=60).astype(np.float64)
    second = first + random.normal(0, 3, 60).round()
    weights = bootstrap_weights(np.zeros(60, dtype=np.int64), seed=0)
    found = rank_correlation(first, second, weights)
    assert found.value == pytest.approx(stats.spearmanr(first, second).statistic)
    resampled = [
        stats.spearmanr(np.repeat(first, times), np.repeat(second, times)).statistic
        for times in weights[:200].astype(np.int64)
    ]
    low, high = np.percentile(resampled, [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.06)
    assert found.high == pytest.approx(high, abs=0.06)


@pytest.mark.parametrize("constant", [0.3, INF])
def test_lists_without_spread_have_no_correlation(constant: float) -> None:
    weights = bootstrap_weights(np.zeros(9, dtype=np.int64), seed=0)
    same, other = np.full(9, constant), np.arange(9.0)
    assert rank_correlation(same, other, weights).value is None
    assert rank_correlation(other[:2], other[:2], weights[:, :2]).value is None
