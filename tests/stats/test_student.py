"""Student's t, held to SciPy."""

import numpy as np
import pytest
from scipy import stats

from robaudit.stats.student import student_quantile, student_quantiles, student_tail


@pytest.mark.parametrize("freedom", [1.0, 1.3, 2.0, 4.7, 33.3, 999.0, 12345.6, 1e8])
def test_quantiles_and_tails_are_those_of_scipy(freedom: float) -> None:
    for tail in (0.4, 0.1, 0.025, 0.005, 0.00025, 1e-6, 0.9):
        expected = stats.t.isf(tail, freedom)
        assert student_quantile(tail, freedom) == pytest.approx(expected, rel=1e-5)
        assert student_tail(expected, freedom) == pytest.approx(tail, rel=1e-5)


def test_tail_of_nothing_is_half_and_of_the_far_end_tiny() -> None:
    assert student_tail(0.0, 5.0) == 0.5
    assert student_tail(-3.0, 5.0) == pytest.approx(1 - student_tail(3.0, 5.0))
    assert student_tail(50.0, 3.0) == pytest.approx(stats.t.sf(50.0, 3.0), rel=1e-9)


def test_many_quantiles_are_each_its_own() -> None:
    freedom = np.array([[3.0, 9.0], [9.0, 3.0]])
    found = student_quantiles(0.025, freedom)
    assert np.allclose(found, stats.t.isf(0.025, freedom), rtol=1e-10)
