"""Dips and shortfalls: what lets steps be passed over, on gaps that are known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.rays import NONE
from robaudit.searching.calibrating import known_rays
from robaudit.searching.dips import Dips, measure_dips, step_beyond


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    steps=st.integers(1, 40),
    factor=st.sampled_from([0.0, 1.0, 1e9]),
    decline=st.booleans(),
)
def test_tracing_finds_a_crossing_and_with_wide_dips_the_first(
    seed: int, steps: int, factor: float, decline: bool
) -> None:
    """Whatever the gaps are: with dips wide enough nothing is left out that matters."""
    random = np.random.default_rng(seed)
    gaps = random.standard_normal((50, steps + 1)).cumsum(axis=1) + 3
    gaps[:, 0] = np.abs(gaps[:, 0]) + 0.01
    classes = np.where(gaps > 0, 0, random.integers(1, 4, gaps.shape))

    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classes[ray, step], gaps[ray, step]

    rays = known_rays(np.arange(50), np.zeros(50, int), gaps[:, 0], evaluate, steps, 16)
    step, adjacent = rays.answer
    crossed = (gaps <= 0).any(axis=1)
    np.testing.assert_array_equal(step, np.where(crossed, (gaps <= 0).argmax(axis=1), NONE))
    np.testing.assert_array_equal(
        adjacent, np.where(crossed, classes[np.arange(50), np.maximum(step, 0)], NONE)
    )
    dips = replace(measure_dips(gaps), factor=factor)
    if factor == 1e9:
        least = np.maximum([dips.size, dips.shortfall], 1.0)
        dips = replace(dips, size=least[0], shortfall=least[1])
    if decline:
        dips = replace(dips, decline=np.minimum.accumulate(np.median(gaps - 3, axis=0)))
    wrong, asked = rays.try_tracing(dips)
    assert asked <= 50 * steps
    if factor == 1e9:
        assert wrong == 0


def test_smooth_rays_need_few_evaluations() -> None:
    """Straight gaps are told from their two ends, or by a few divisions where they cross."""
    slope = np.linspace(-0.2, 0.05, 200)
    gaps = 1 + slope[:, None] * np.arange(65)
    classes = (gaps <= 0).astype(int)

    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classes[ray, step], gaps[ray, step]

    rays = known_rays(np.arange(200), np.zeros(200, int), gaps[:, 0], evaluate, 64, 16)
    dips = Dips(np.zeros(65), np.zeros(65))
    wrong, asked = rays.try_tracing(dips)
    assert wrong == 0
    assert asked < 2.0 * 200  # the end, and the crossing, for the few that are very near one more
    _, asked = rays.try_tracing(replace(dips, shortfall=np.full(65, np.inf)))
    assert asked > 2.4 * 200  # and the step before


@given(
    one=st.floats(0.01, 10),
    other=st.floats(-10, 0),
    depth=st.floats(0, 10),
    length=st.integers(2, 64),
)
def test_no_step_is_beyond_before_one_that_is_told_to_be_the_first(
    one: float, other: float, depth: float, length: int
) -> None:
    share = np.arange(1, length) / length
    gaps = one + (other - one) * share - depth * share * (1 - share)
    shortfall = np.full(65, depth * share[-1] * (1 - share[-1]))
    dips = Dips(np.zeros(65), shortfall, factor=1 / 3)
    first = dips.none_before(np.array([length]), np.array([one]), np.array([other]))[0]
    assert first == (gaps[-1] > 0) or gaps[-1] == pytest.approx(0, abs=1e-9)
    if first:
        assert (gaps > -1e-9).all()


def test_shortfalls_are_measured_where_rays_cross() -> None:
    gaps = np.tile(10.0 - np.arange(26) ** 2 / 10, (3, 1))  # a parabola, beyond from step 10
    shortfall = measure_dips(gaps).shortfall
    assert (shortfall[:2] == 0).all()
    assert (shortfall[2:] == 0).all()  # it bulges upwards
    gaps = 10.0 - 12 * np.sqrt(np.tile(np.arange(26) / 25, (3, 1)))
    assert (measure_dips(gaps).shortfall[2:] > 0).all()
    nowhere = measure_dips(np.ones((3, 26)) - np.linspace(0, 0.5, 26)).shortfall
    assert np.isinf(nowhere[2:]).all()


def test_a_ray_is_probed_ahead_where_its_decline_leads_beyond() -> None:
    left, gap = np.array([4, 4, 4, 60, 4]), np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    decline = np.array([0.1, 0.0, -0.5, 1.0, 0.1])
    assert step_beyond(left, gap, decline, 64).tolist() == [17, 64, 64, 62, 11]
