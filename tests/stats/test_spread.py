"""Figures of how far classes lie apart: equal classes, clear differences, none to tell."""

import numpy as np
import pytest

from robaudit.metrics.inequality import gini
from robaudit.stats.means import Means
from robaudit.stats.spread import FEW_SAMPLES, noise_of, smallest_interval, spread_interval
from robaudit.types import FloatArray


def classes(value: FloatArray, error: float, samples: int = 30) -> Means:
    full = np.ones_like(value)
    return Means(value, full * error**2, 0 * full, full * (samples - 1), full * samples)


def apart(values: FloatArray) -> FloatArray:
    return np.asarray(np.ptp(values, axis=-1))


def test_classes_that_are_equal_but_for_noise_may_not_differ_at_all() -> None:
    random = np.random.default_rng(0)
    means = classes(0.5 + random.normal(0, 0.05, 10), 0.05)
    noise = noise_of(means, 0.0, random)
    for figure in (gini, apart):
        assert spread_interval(figure, means, noise).low == pytest.approx(0, abs=1e-12)


def test_clear_differences_are_hardly_widened() -> None:
    random = np.random.default_rng(0)
    means = classes(np.linspace(0.2, 0.8, 5), 0.001, samples=1000)
    found = spread_interval(apart, means, noise_of(means, 0.0, random))
    assert (found.low, found.high) == pytest.approx((0.6, 0.6), abs=0.01)
    smallest = smallest_interval(means, noise_of(means, 0.0, random), scale=0.5)
    assert (smallest.low, smallest.high) == pytest.approx((0.1, 0.1), abs=0.005)


def test_two_classes_that_seem_the_same_may_lie_as_far_apart_as_their_noise() -> None:
    means = classes(np.array([0.5, 0.5]), 0.05)
    found = spread_interval(apart, means, noise_of(means, 0.0, np.random.default_rng(0)))
    assert found.low == 0
    assert found.high is not None
    assert 0.1 < found.high < 0.3


def test_classes_of_few_samples_tell_nothing() -> None:
    means = classes(np.linspace(0.2, 0.8, 5), 0.1, samples=4)
    noise = noise_of(means, 0.0, np.random.default_rng(0))
    assert spread_interval(gini, means, noise).reason == FEW_SAMPLES
    assert smallest_interval(means, noise).low is None
