"""Exact tests and bounds, against counts of all ways there are."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.stats.exact import hypergeometric_upper_bound, mcnemar


@settings(deadline=None, max_examples=100)
@given(total=st.integers(1, 40), data=st.data())
def test_the_bound_is_the_exact_one(total: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(1, total))
    found = data.draw(st.integers(0, drawn))
    bound = hypergeometric_upper_bound(found, drawn, total)

    def chance(kind: int) -> float:
        """Of finding no more than was found, by counting all ways to draw."""
        ways = sum(
            math.comb(kind, few) * math.comb(total - kind, drawn - few)
            for few in range(min(found, kind) + 1)
            if drawn - few >= 0
        )
        return ways / math.comb(total, drawn)

    possible = [
        kind for kind in range(found, total - drawn + found + 1) if chance(kind) > 0.05 * (1 + 1e-9)
    ]
    assert bound == max(possible)


def test_mcnemar_is_symmetric_and_exact() -> None:
    first = np.array([True] * 8 + [False] * 2 + [True] * 5)
    second = np.array([False] * 8 + [True] * 2 + [True] * 5)
    expected = 2 * sum(math.comb(10, k) for k in range(3)) / 2**10
    assert mcnemar(first, second) == pytest.approx(expected)
    assert mcnemar(second, first) == pytest.approx(expected)
    assert mcnemar(first, first) == 1
