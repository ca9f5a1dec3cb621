"""The process of gaps along rays, and tracing by it, on gaps that are known."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.search.rays import NONE
from robaudit.search.traced.calibration import KnownRays, known_rays
from robaudit.search.traced.gap_process import GapProcess, Posterior, measure_process
from robaudit.search.traced.trace import trace
from robaudit.search.walk import RayQueue


def walks(count: int, steps: int, seed: int) -> np.ndarray:
    """Draw gaps (count, steps + 1) that wander, in multiples of 1/64, above 0 to begin with."""
    random = np.random.default_rng(seed)
    gaps = random.standard_normal((count, steps + 1)).cumsum(axis=1) + 3
    gaps[:, 0] = np.abs(gaps[:, 0]) + 0.1
    return np.asarray(np.rint(gaps * 64) / 64)


def rays_of(gaps: np.ndarray, classes: np.ndarray) -> KnownRays:
    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classes[ray, step], gaps[ray, step]

    count, steps = len(gaps), gaps.shape[1] - 1
    return known_rays(np.arange(count), np.zeros(count, int), gaps[:, 0], evaluate, steps, 16)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), steps=st.integers(1, 40), observed=st.integers(0, 6))
def test_what_is_believed_is_the_conditional_gaussian(seed: int, steps: int, observed: int) -> None:
    """One point after the other comes to the same as all at once, by its closed form."""
    random = np.random.default_rng(seed)
    gaps = walks(100, steps, seed)
    process = measure_process(gaps)
    posterior = Posterior(process)
    posterior.add(gaps[:5, 0])
    values = gaps[:5] / process.unit
    mean = process.base + values[:, :1] * process.gain
    covariance = process.covariance.astype(np.float64)
    points = [random.permutation(steps)[: min(observed, steps)] for _ in range(5)]
    for step in np.array(points).T + 1:
        rows = np.arange(5)
        posterior.observe(step, gaps[rows, step], np.zeros(5, dtype=bool))
    for row, known in enumerate(points):
        inner = covariance[np.ix_(known, known)] + process.noise * np.eye(len(known))
        weights = np.linalg.solve(inner, covariance[known])
        expected = mean[row] + (values[row, known + 1] - mean[row, known]) @ weights
        variance = covariance.diagonal() - (covariance[known] * weights).sum(axis=0)
        left = np.setdiff1d(np.arange(steps), known)
        assert np.isposinf(posterior.mean[row, known]).all()
        size = np.sqrt(covariance.diagonal().max())
        np.testing.assert_allclose(posterior.mean[row, left], expected[left], atol=0.01 * size)
        np.testing.assert_allclose(
            np.maximum(posterior.variance[row, left], process.noise),
            np.maximum(variance[left], process.noise),
            atol=0.01 * size**2,
        )


def test_rays_are_kept_and_added_as_if_each_were_alone() -> None:
    gaps = walks(200, 40, 0)
    process = measure_process(gaps)
    random = np.random.default_rng(1)
    together = Posterior(process)
    here: list[int] = []
    strange = 0
    alone: dict[int, Posterior] = {}
    for ray in range(60):
        if ray % 3 == 0:
            new = list(range(ray, ray + 3))
            together.add(gaps[new, 0])
            here += new
            for one in new:
                alone[one] = Posterior(process)
                alone[one].add(gaps[[one], 0])
        # None is asked for twice, nor once it matters no more.
        step = np.argmin(together.mean, axis=1) + 1
        beyond = (step > 35) & (random.random(len(here)) < 0.1)
        strange += int(np.isneginf(together.mean).any(axis=1).sum())
        together.observe(step, gaps[here, step], beyond)
        for place, one in enumerate(here):
            some = slice(place, place + 1)
            alone[one].observe(step[some], gaps[[one], step[some]], beyond[some])
        wanted = ~np.isposinf(together.mean).all(axis=1) & (random.random(len(here)) < 0.97)
        together.keep(wanted)
        here = [one for one, stays in zip(here, wanted, strict=True) if stays]
        expected = np.concatenate([alone[one].deviations(slice(None)) for one in here])
        np.testing.assert_array_equal(together.deviations(slice(None)), expected)
    assert len(here) > 3
    assert strange > 50, "rays of which so many points are known that they are walked"


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    steps=st.integers(1, 40),
    far=st.sampled_from([0.0, 1.0, 1e30]),
    batch_size=st.sampled_from([1, 7, 100]),
)
def test_tracing_finds_a_crossing_and_with_all_caution_the_first(
    seed: int, steps: int, far: float, batch_size: int
) -> None:
    """Whatever the gaps are: where all must be looked at nothing is left out that matters."""
    gaps = walks(50, steps, seed)
    classes = np.where(gaps > 0, 0, np.random.default_rng(seed).integers(1, 4, gaps.shape))
    step, adjacent = rays_of(gaps, classes).answer
    crossed = (gaps <= 0).any(axis=1)
    first = np.where(crossed, (gaps <= 0).argmax(axis=1), NONE)
    np.testing.assert_array_equal(step, first)
    np.testing.assert_array_equal(
        adjacent, np.where(crossed, classes[np.arange(50), np.maximum(first, 0)], NONE)
    )
    asked: Counter[tuple[int, int]] = Counter()
    told = np.full((50, 2), -9)

    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked.update(zip(ray.tolist(), step.tolist(), strict=True))
        return classes[ray, step], gaps[ray, step]

    def found(ray: np.ndarray, step: np.ndarray, adjacent: np.ndarray) -> None:
        assert (told[ray] == -9).all()
        told[ray] = np.stack([step, adjacent], axis=1)

    trace(
        evaluate,
        lambda ray: np.zeros(len(ray), int),
        lambda ray: gaps[ray, 0],
        RayQueue(50, lambda ray: ray >= 0),
        measure_process(gaps),
        far,
        batch_size,
        found,
    )
    assert max(asked.values()) == 1
    assert {ray for ray, _ in asked} == set(range(50))
    crossing = told[:, 0] != NONE
    assert (told[crossing, 1] == classes[np.flatnonzero(crossing), told[crossing, 0]]).all()
    assert (told[crossing, 1] > 0).all()
    assert (told[~crossing, 1] == NONE).all()
    if far == 1e30:
        np.testing.assert_array_equal(told, np.stack([step, adjacent], axis=1))


def test_smooth_rays_need_few_evaluations() -> None:
    slope = np.linspace(-0.2, 0.05, 200)
    gaps = np.rint((1 + slope[:, None] * np.arange(65)) * 64) / 64
    wrong, asked = (rays := rays_of(gaps, (gaps <= 0).astype(int))).try_tracing(
        measure_process(gaps), 3.0
    )
    assert wrong == 0
    assert asked < 3 * 200
    assert rays.walking_cost() > 15 * 200


def test_a_ray_that_surprises_is_taken_to_be_rougher() -> None:
    gaps = walks(300, 20, 3)
    process = measure_process(gaps)
    usual, strange = Posterior(process), Posterior(process)
    for posterior, factor in ((usual, 1), (strange, 5)):
        posterior.add(gaps[:1, 0])
        expected = float(posterior.mean[0, 9]) * process.unit
        step = np.array([10])
        away = float(np.sqrt(posterior.variance[0, 9])) * process.unit
        posterior.observe(step, np.array([expected + factor * away]), np.array([False]))
    same = posterior.variance == usual.variance
    assert same.all()
    wide, narrow = (
        one.mean[0, 15] / one.deviations(slice(None))[0, 15] for one in (strange, usual)
    )
    assert wide > 1.5 * narrow


def test_the_process_is_that_of_the_rays_in_any_order_and_unit() -> None:
    gaps = walks(400, 30, 0)
    process = measure_process(gaps)
    assert process.steps == 30
    mixed = measure_process(gaps[np.random.default_rng(0).permutation(400)])
    larger = measure_process(gaps * 2.0**40)
    assert larger.unit == process.unit * 2.0**40
    for name in ("base", "gain", "covariance", "variance", "noise", "start", "start_variance"):
        np.testing.assert_array_equal(getattr(mixed, name), getattr(process, name))
        np.testing.assert_array_equal(getattr(larger, name), getattr(process, name))
    values = gaps / process.unit
    covariance = np.cov(values.T, bias=True)
    start = values[:, :1]
    by_start = np.linalg.lstsq(np.hstack([np.ones_like(start), start]), values[:, 1:])[0]
    np.testing.assert_allclose(process.gain, by_start[1], atol=0.1)  # noise makes it less
    np.testing.assert_allclose(
        process.covariance,
        covariance[1:, 1:] - np.outer(covariance[0, 1:], by_start[1]),
        atol=0.05 * covariance.max(),
    )


@pytest.mark.parametrize("gaps", [np.zeros((9, 6)), np.full((9, 2), 2.0**100), np.ones((1, 4))])
def test_rays_that_are_all_the_same_make_a_process_too(gaps: np.ndarray) -> None:
    process: GapProcess = measure_process(gaps)
    posterior = Posterior(process)
    posterior.add(np.array([0.5, -(2.0**100)]))
    posterior.observe(np.array([1, 1]), np.array([2.0**100, 1e-30]), np.array([False, True]))
    assert not np.isnan(posterior.deviations(slice(None))).any()
    assert not np.isnan(process.covariance).any()
