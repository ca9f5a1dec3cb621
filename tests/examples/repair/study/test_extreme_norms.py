"""E-AT's rule: what a model holds less is drawn more often."""

from typing import Any

import numpy as np
import pytest

from robaudit.types import Classifier, FloatArray, IntArray
from study.extreme_norms import ByRunningError

SIGN: Any = type("Sign", (), {"predict": lambda _, x: np.stack([-x[:, 0], x[:, 0]], axis=1)})()
"""A classifier of numbers by their sign."""


def harmless(_classifier: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
    return x


def fatal(_classifier: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
    return -x


def batch() -> tuple[FloatArray, IntArray]:
    y = np.arange(8) % 2
    return (2.0 * y - 1)[:, None].astype(np.float32), y


def test_threats_are_alike_at_first() -> None:
    assert ByRunningError([harmless, fatal], 0).chances.tolist() == [0.5, 0.5]


def test_a_running_error_goes_towards_what_the_model_gets_wrong() -> None:
    rule, (x, y) = ByRunningError([harmless, fatal], 0), batch()
    counts = [0, 0]
    for _ in range(30):
        counts[int((rule(SIGN, x, y) != x).any())] += 1
    expected = [0.5 * 0.9 ** counts[0], 1 - 0.5 * 0.9 ** counts[1]]
    assert rule.errors == pytest.approx(expected)
    assert rule.chances == pytest.approx(np.array(expected) / sum(expected))
    assert counts[1] > counts[0]


def test_without_any_error_both_are_as_likely() -> None:
    rule = ByRunningError([harmless, fatal], 0)
    rule.errors[:] = 0
    assert rule.chances.tolist() == [0.5, 0.5]


def test_a_seed_draws_the_same_again() -> None:
    x, y = batch()
    one, other = (ByRunningError([harmless, fatal], 3) for _ in range(2))
    for _ in range(10):
        np.testing.assert_array_equal(one(SIGN, x, y), other(SIGN, x, y))
