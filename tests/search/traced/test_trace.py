"""Tracing finds crossings on gaps that are known, and with all caution the first."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.search.rays import NONE
from robaudit.search.traced.gap_process import measure_process
from robaudit.search.traced.trace import trace
from robaudit.search.walk import RayQueue
from tests.support.gaps import rays_of, walks


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
