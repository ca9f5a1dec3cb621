"""The process of gaps along rays, on gaps that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.search.traced.gap_process import GapProcess, Posterior, measure_process
from tests.support.gaps import walks


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
