"""Which directions each sample is searched along."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit.batches import pace_for
from robaudit.errors import UsageError
from robaudit.search.boundary_search import search_rays
from robaudit.search.directions import random_directions
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays, directions_of, locate_rays
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, IntArray

SHAPE = (6, 6)
PLAN = SearchPlan(40, 12, step=0.05, steps=20, own_directions=5)


def problem(samples: int) -> tuple[Classifier, FloatArray, IntArray, FloatArray]:
    random = np.random.default_rng(0)
    classifier = affine_classifier(random.normal(size=(36, 3)), np.zeros(3), SHAPE)
    x = random.uniform(0, 1, (samples, *SHAPE)).astype(np.float32)
    origin = classifier.predict(x).argmax(axis=1)
    return classifier, x, origin, random_directions(SHAPE, PLAN.directions, seed=0)


def found(plan: SearchPlan, rows: slice) -> Rays:
    classifier, x, origin, directions = problem(plan.samples)
    pace = pace_for(classifier.spec)
    part = replace(plan, samples=len(x[rows]))
    first = rows.start or 0
    return search_rays(classifier, x[rows], origin[rows], directions, part, pace, first=first)[0]


@settings(max_examples=100)
@given(
    pool=st.integers(1, 40), own=st.integers(1, 40), start=st.integers(0, 99), count=st.integers(50)
)
def test_any_run_of_samples_takes_each_direction_as_often(
    pool: int, own: int, start: int, count: int
) -> None:
    own = min(own, pool)
    count = count % 60 + 1
    plan = SearchPlan(200, pool, own_directions=own)
    sample = np.arange(start, start + count)[:, np.newaxis]
    taken = directions_of(sample, np.arange(own), plan)
    assert all(len(set(row)) == own for row in taken.tolist())
    times = np.bincount(taken.ravel(), minlength=pool)
    assert times.max() - times.min() <= 1


@pytest.mark.parametrize("strategy", ["linear", "traced"])
def test_any_run_of_samples_has_the_same_rays(strategy: str) -> None:
    plan = replace(PLAN, strategy=strategy)  # type: ignore[arg-type]
    whole = found(plan, slice(None))
    for rows in (slice(0, 7), slice(7, 8), slice(13, 40)):
        part, same = found(plan, rows), whole.of_samples(rows.start, rows.stop)
        for column in ("step", "adjacent", "realised", "direction", "sign", "sample"):
            np.testing.assert_array_equal(getattr(part, column), getattr(same, column), column)


def test_as_many_as_there_are_is_the_same_as_sharing_them() -> None:
    pooled = found(replace(PLAN, own_directions=12), slice(None))
    shared = found(replace(PLAN, own_directions=None), slice(None))
    for column in ("step", "adjacent", "realised", "direction", "sign"):
        np.testing.assert_array_equal(getattr(pooled, column), getattr(shared, column), column)


def test_rays_of_own_directions_are_rays_of_all_directions() -> None:
    """A ray is what it is whichever others are walked."""
    shared = found(replace(PLAN, own_directions=None), slice(None))
    own = found(PLAN, slice(None))
    ray = (own.sample.astype(int) * PLAN.directions + own.direction) * 2 + (own.sign < 0)
    np.testing.assert_array_equal(own.step, shared.step[ray])
    np.testing.assert_array_equal(own.adjacent, shared.adjacent[ray])
    np.testing.assert_array_equal(own.realised, shared.realised[ray])


def test_rays_are_located_as_the_columns_say() -> None:
    rays = found(PLAN, slice(10, 20))
    sample, direction, sign = locate_rays(np.arange(len(rays)), rays.plan, first=10)
    np.testing.assert_array_equal(sample + 10, rays.sample)
    np.testing.assert_array_equal(direction, rays.direction)
    np.testing.assert_array_equal(sign, rays.sign)


def test_no_more_of_them_than_there_are() -> None:
    with pytest.raises(UsageError, match="own_directions = 13"):
        replace(PLAN, own_directions=13)
