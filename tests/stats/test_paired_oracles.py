"""Holm's adjustment is that of statsmodels."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from robaudit.stats.paired import holm


@settings(max_examples=20, deadline=None)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_holm_adjusts_as_statsmodels_does(p_values: list[float]) -> None:
    wanted = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), wanted, rtol=1e-12)
