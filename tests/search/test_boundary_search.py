"""The search against exact answers, and what must hold of any search."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robaudit
from robaudit import SearchPlan
from robaudit.predicting import predict_classes
from robaudit.search.directions import random_directions
from robaudit.search.rays import MISCLASSIFIED, NONE
from robaudit.testing import (
    affine_classifier,
    affine_distances,
    stripe_of,
    striped_classifier,
    walk_slowly,
)
from tests.support.searches import DIMENSION, SHAPE, affine, run_search, samples, trace
from tests.support.small_onnx import affine_onnx, striped_onnx


@pytest.mark.parametrize("through_onnx", [False, True])
def test_affine_margins_are_the_closed_form(
    through_onnx: bool, save: Callable[[onnx.ModelProto], Path]
) -> None:
    weights, bias = affine(0)
    plan = SearchPlan(samples=20, directions=12, step=0.01, steps=60, clip=False)
    if through_onnx:
        classifier = robaudit.load(save(affine_onnx(weights, bias, ["N", *SHAPE])))
    else:
        classifier = affine_classifier(weights, bias, SHAPE)
    x = samples(0)
    rays = run_search(classifier, x, plan)
    directions = random_directions(SHAPE, plan.directions, seed=plan.seed)
    both_ways = np.stack([directions, -directions], axis=1).reshape(-1, DIMENSION)
    exact, nearest = affine_distances(
        weights, bias, x.reshape(len(x), -1), rays.origin[:: plan.rays_per_sample], both_ways
    )
    exact, nearest = np.minimum(exact.ravel(), 1e6), nearest.ravel()
    expected = np.ceil(exact / plan.step)
    # Rays whose crossing lies within rounding of a step may be found at either side of it.
    clear = np.abs(exact / plan.step - np.round(exact / plan.step)) > 1e-3
    crossed = clear & (expected <= plan.steps)
    assert crossed.sum() > 100
    np.testing.assert_array_equal(rays.step[crossed], expected[crossed])
    np.testing.assert_array_equal(rays.step[clear & ~crossed], NONE)
    np.testing.assert_allclose(rays.distance[crossed], expected[crossed] * plan.step)
    np.testing.assert_allclose(rays.realised[crossed], rays.distance[crossed], rtol=1e-5)
    # The class crossed into is the nearest one, unless a third overtakes within the step.
    assert (rays.adjacent[crossed] == nearest[crossed]).mean() > 0.95


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("signs", [1, 2])
def test_the_search_finds_what_a_slow_walk_finds(clip: bool, signs: int) -> None:
    weights, bias = affine(1)
    classifier = affine_classifier(weights, bias, SHAPE)
    plan = SearchPlan(samples=10, directions=8, signs=signs, step=0.03, steps=20, clip=clip)
    x = samples(1, 10)
    rays = run_search(classifier, x, plan)
    directions = random_directions(SHAPE, plan.directions, seed=plan.seed)
    step, adjacent = walk_slowly(
        classifier, x, rays.origin[:: plan.rays_per_sample], directions, plan
    )
    np.testing.assert_array_equal(rays.step, step)
    np.testing.assert_array_equal(rays.adjacent, adjacent)
    assert 0 < (step > 0).sum() < len(step)


@pytest.mark.parametrize("through_onnx", [False, True])
def test_stripes_are_crossed_where_they_are_known_to_be(
    through_onnx: bool, save: Callable[[onnx.ModelProto], Path]
) -> None:
    """Rays leave their stripe, and some enter a stripe of the same class again."""
    shape = (6, 6)
    width, classes = 0.05, 3
    across = random_directions(shape, 1, seed=9).reshape(-1).astype(np.float64)
    if through_onnx:
        classifier = robaudit.load(save(striped_onnx(across, width, classes, 6)))
    else:
        classifier = striped_classifier(across, width, classes, shape)
    plan = SearchPlan(samples=30, directions=6, step=0.011, steps=45, clip=False)
    x = samples(2, 30).reshape(30, *shape)
    rays = run_search(classifier, x, plan)
    directions = random_directions(shape, plan.directions, seed=plan.seed)
    trials = np.arange(plan.steps + 1)
    entered_again = 0
    for ray in range(len(rays)):
        reached = rays.sign[ray] * trials[:, None] * plan.step
        line = x[rays.sample[ray]].ravel() + reached * directions[rays.direction[ray]].ravel()
        stripes = stripe_of(across, width, classes, line)
        other = np.flatnonzero(stripes != stripes[0])
        if not len(other):
            assert rays.step[ray] == NONE
            continue
        assert rays.step[ray] == other[0]
        assert rays.adjacent[ray] == stripes[other[0]]
        entered_again += bool((stripes[other[0] :] == stripes[0]).any())
    assert entered_again > 10


def test_misclassified_samples_have_margin_zero() -> None:
    weights, bias = affine(3)
    classifier = affine_classifier(weights, bias, SHAPE)
    plan = SearchPlan(samples=6, directions=3)
    x = samples(3, 6)
    start = predict_classes(classifier.predict, x, scale=1.0)
    origin = start.copy()
    origin[2] = (start[2] + 1) % 5
    rays, found = trace(classifier, x, origin, plan, batch_size=4)
    wrong = rays.sample == 2
    assert (rays.step[wrong] == MISCLASSIFIED).all()
    assert (rays.distance[wrong] == 0).all()
    assert (rays.realised[wrong] == 0).all()
    assert (rays.adjacent[wrong] == start[2]).all()
    walked = np.where(rays.step == NONE, plan.steps, rays.step)
    assert found.evaluations == walked.sum()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 1000), batch_size=st.integers(1, 200))
def test_the_answer_does_not_depend_on_the_batch(seed: int, batch_size: int) -> None:
    weights, bias = affine(seed)
    classifier = affine_classifier(weights.astype(np.float32), bias.astype(np.float32), SHAPE)
    plan = SearchPlan(samples=5, directions=4, steps=10, step=0.05, seed=seed)
    x = samples(seed, 5)
    one, other = (run_search(classifier, x, plan, size) for size in (64, batch_size))
    for name in ("step", "adjacent", "distance", "realised"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
