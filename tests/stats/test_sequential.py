"""Going on: looks and their error, second stages, how many samples decide a gate."""

import numpy as np
import pytest

from robaudit.stats.components import Components, half_width, predicted
from robaudit.stats.sequential import (
    error_of_look,
    looks_until,
    more_samples,
    samples_to_decide,
)

PARTS = Components(value=0.5, sample=0.04, direction=0.0, rest=0.01)


def test_looks_double_and_end_with_all_there_are() -> None:
    assert looks_until(100, 1000) == [100, 200, 400, 1000]
    assert looks_until(100, 100) == [100]
    assert looks_until(100, 60) == [60]
    assert error_of_look(5) * 5 == pytest.approx(0.05)


def test_a_further_stage_is_as_large_as_the_width_asks_for() -> None:
    half = half_width(predicted(PARTS, 300, 4, 64))
    size = more_samples(300, half, half / 1.5, 10_000)
    assert half_width(predicted(PARTS, size, 4, 64)) < half / 1.5
    assert 300 * 1.5**2 < size < 300 * 1.5**2 * 1.2
    assert more_samples(300, half, half / 1.5, 400) == 400, "there are no more"
    assert more_samples(300, half, half * 0.999, 10_000) > 300, "no tiny stage"
    assert more_samples(100, np.inf, 0.01, 10_000) == 300, "where there is no interval yet"


def test_the_number_that_decides_a_gate_grows_as_the_threshold_comes_near() -> None:
    far, near = (
        samples_to_decide(threshold, PARTS, 4, 64, most=10**6) for threshold in (0.4, 0.49)
    )
    assert far is not None
    assert near is not None
    assert near > 50 * far
    assert samples_to_decide(0.5001, PARTS, 4, 64, most=10**6) is None


def test_with_as_many_samples_a_gate_is_decided_as_often_as_it_says() -> None:
    samples = samples_to_decide(0.45, PARTS, 4, 64, most=10**6)
    assert samples is not None
    plan = predicted(PARTS, samples, 4, 64)
    means = 0.5 + np.random.default_rng(0).normal(0, np.sqrt(plan.variance), 4000)
    decided = (means - half_width(plan) > 0.45).mean()
    assert 0.75 < decided < 0.9
