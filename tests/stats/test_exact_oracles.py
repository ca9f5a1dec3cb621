"""The exact test and bound are those of SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, hypergeom

from robaudit.stats.exact import hypergeometric_upper_bound, mcnemar


@given(only_first=st.integers(0, 60), only_second=st.integers(0, 60), both=st.integers(0, 20))
def test_mcnemar_is_the_two_sided_binomial_test(
    only_first: int, only_second: int, both: int
) -> None:
    first = np.repeat([True, False, True], [only_first, only_second, both])
    second = np.repeat([False, True, True], [only_first, only_second, both])
    differ = only_first + only_second
    wanted = 1.0 if not differ else binomtest(only_first, differ, 0.5).pvalue
    assert mcnemar(first, second) == pytest.approx(wanted, rel=1e-12)


@given(data=st.data(), total=st.integers(1, 400), error=st.sampled_from([0.05, 0.01, 0.2]))
def test_the_bound_is_the_largest_number_that_the_sample_does_not_rule_out(
    data: st.DataObject, total: int, error: float
) -> None:
    drawn = data.draw(st.integers(1, total))
    of_kind = data.draw(st.integers(0, min(drawn, 6)))
    possible = np.arange(of_kind, total - drawn + of_kind + 1)
    chance = hypergeom.cdf(of_kind, total, possible, drawn)
    wanted = possible[chance > error * (1 + 1e-9)].max(initial=of_kind)
    assert hypergeometric_upper_bound(of_kind, drawn, total, error) == wanted
