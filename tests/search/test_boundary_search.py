"""The search against exact answers, and what must hold of any search."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robaudit
from robaudit import Classifier, SearchPlan
from robaudit.predicting import direct_prober, make_probe, predict_classes, score_scale
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.search.boundary_search import Crossings, measure_realised, search
from robaudit.search.directions import random_directions, rms
from robaudit.search.rays import MISCLASSIFIED, NONE, Rays
from robaudit.testing import (
    affine_classifier,
    affine_distances,
    stripe_of,
    striped_classifier,
    walk_slowly,
)
from robaudit.types import Bound, Probe
from tests.support.small_onnx import affine_onnx, striped_onnx

SHAPE = (1, 6, 6)
DIMENSION = 36


def affine(seed: int, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.standard_normal((DIMENSION, classes)), random.standard_normal(classes) * 0.1


def samples(seed: int, count: int = 20) -> np.ndarray:
    return np.random.default_rng([seed, 1]).random((count, *SHAPE), dtype=np.float32)


def run_search(
    classifier: Classifier, x: np.ndarray, plan: SearchPlan, batch_size: int = 64
) -> Rays:
    start = predict_classes(classifier.predict, x, scale=1.0)
    return trace(classifier, x, start, plan, batch_size)[0]


def trace(
    classifier: Classifier, x: np.ndarray, origin: np.ndarray, plan: SearchPlan, batch_size: int
) -> tuple[Rays, Crossings]:
    start = predict_classes(classifier.predict, x, scale=1.0)
    directions = random_directions(classifier.spec.shape, plan.directions, seed=plan.seed)
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    found = search(probe, origin, start, plan, scale=1.0, batch_size=batch_size)
    rays = measure_realised(found, x, origin, directions, plan, classifier.spec)
    return rays, found


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


def test_near_ties_are_decided_by_the_input_alone() -> None:
    """A model whose last digits depend on the batch gives one answer all the same.

    Its two scores are opposite numbers, so that near the boundary both are small:
    rounding is not small with them.
    """
    random = np.random.default_rng(0)
    weights = random.standard_normal(DIMENSION).astype(np.float32)

    def predict(x: np.ndarray) -> np.ndarray:
        flat = x.reshape(len(x), -1)
        order = np.arange(DIMENSION) if len(x) > 1 else np.arange(DIMENSION)[::-1]
        score = np.zeros(len(x), dtype=np.float32)
        for place in order:
            score += flat[:, place] * weights[place]
        return np.stack([score, -score], axis=1)

    x = random.random((2000, DIMENSION), dtype=np.float32) + 1
    x -= ((x @ weights) / (weights @ weights))[:, None] * weights  # onto the boundary
    together, alone = predict(x), np.concatenate([predict(x[i : i + 1]) for i in range(2000)])
    assert (together.argmax(axis=1) != alone.argmax(axis=1)).any()
    scale = score_scale(predict, random.random((64, DIMENSION), dtype=np.float32), 64)
    decided = predict_classes(predict, x, scale)
    np.testing.assert_array_equal(decided, alone.argmax(axis=1))


def test_a_prober_is_asked_in_the_classifiers_own_box() -> None:
    """The fast path gives the answer of the plain one, through a normalisation too."""
    weights, bias = affine(4)
    weights, bias = weights.astype(np.float32), bias.astype(np.float32)
    plain = affine_classifier(weights, bias, SHAPE)
    asked: list[int] = []

    def prober(x: np.ndarray, directions: np.ndarray, low: Bound, high: Bound) -> Probe:
        asked.append(len(directions))
        return direct_prober(plain.predict)(x, directions, low, high)

    arrangement = Arrangement((6, 6, 1), "CHW", "grey")
    preprocessing = Preprocessing("", (0.3,), (0.2,), arrangement)
    plan = SearchPlan(samples=10, directions=6, step=0.02, steps=20)
    x = samples(4, 10)
    slow = run_search(normalised(plain, preprocessing), x, plan)
    fast = run_search(normalised(replace(plain, prober=prober), preprocessing), x, plan)
    assert asked == [6]
    assert (slow.step > 0).any()
    agree = (slow.step == fast.step) & (slow.adjacent == fast.adjacent)
    assert agree.mean() > 0.98  # the two round differently, near a tie


@pytest.mark.parametrize("memory_limit", [2**30, 3 * 8 * DIMENSION * 5])
def test_directions_are_orthogonal_and_of_unit_rms(memory_limit: int) -> None:
    directions = random_directions(SHAPE, 12, seed=4, pixel_range=2.0, memory_limit=memory_limit)
    np.testing.assert_allclose(rms(directions, 2.0), 1, rtol=1e-6)
    flat = directions.reshape(12, -1)
    blocks = [flat] if memory_limit > 2**20 else [flat[:5], flat[5:10], flat[10:]]
    for block in blocks:
        gram = block @ block.T / (DIMENSION * 4)
        np.testing.assert_allclose(gram, np.eye(len(block)), atol=1e-5)


def test_more_directions_than_dimensions_are_refused() -> None:
    with pytest.raises(robaudit.RobauditError, match="at most 36"):
        random_directions(SHAPE, 37, seed=0)


def test_rays_are_listed_by_sample_direction_and_sign() -> None:
    plan, nothing = SearchPlan(samples=2, directions=2), np.full(8, NONE)
    rays = Rays(nothing, nothing, np.full(8, np.inf), np.array([3, 1]), plan)
    assert rays.sample.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert rays.direction.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert rays.sign.tolist() == [1, -1] * 4
    assert rays.origin.tolist() == [3, 3, 3, 3, 1, 1, 1, 1]
