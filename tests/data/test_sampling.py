"""Samples are chosen evenly over classes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.data.sampling import balanced_rows


@settings(max_examples=50)
@given(
    counts=st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(any),
    wanted=st.integers(1, 60),
    seed=st.integers(0, 100),
)
def test_samples_are_balanced_over_classes(counts: list[int], wanted: int, seed: int) -> None:
    classes = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(seed).shuffle(classes)
    rows = balanced_rows(classes, wanted, seed)
    assert len(rows) == min(wanted, sum(counts))
    assert len(set(rows.tolist())) == len(rows)
    fewer = balanced_rows(classes, max(1, wanted // 2), seed)
    np.testing.assert_array_equal(rows[: len(fewer)], fewer)
    chosen = np.bincount(classes[rows], minlength=len(counts))
    fullest = chosen.max()
    for had, got in zip(counts, chosen, strict=True):
        assert got in (min(had, fullest), min(had, fullest - 1))
    np.testing.assert_array_equal(rows, balanced_rows(classes, wanted, seed))
