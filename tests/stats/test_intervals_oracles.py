"""Wilson's interval is that of SciPy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from robaudit.stats.intervals import wilson_bounds, wilson_interval


@given(data=st.data(), total=st.integers(1, 5000), error=st.sampled_from([0.05, 0.01, 0.005]))
def test_wilsons_interval_is_that_of_scipy(data: st.DataObject, total: int, error: float) -> None:
    successes = data.draw(st.integers(0, total))
    wanted = binomtest(successes, total).proportion_ci(1 - error, method="wilson")
    low, high = wilson_bounds(successes / total, total, error)
    assert low == pytest.approx(wanted.low, abs=1e-12)
    assert high == pytest.approx(wanted.high, abs=1e-12)
    if error == 0.05:
        estimate = wilson_interval(successes, total)
        assert (estimate.low, estimate.high) == (low, high)
