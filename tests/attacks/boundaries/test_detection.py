"""Detection from margins: features that are known, and detectors that tell what can be told."""

import numpy as np
import pytest

from robaudit.attacks.boundaries.detection import (
    boundary_features,
    features_of,
    measure_detection,
)
from robaudit.batches import Pace
from robaudit.errors import UsageError
from robaudit.search.directions import random_directions
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.testing import affine_classifier, affine_distances
from tests.support.affine_models import affine, some_inputs

PLAN = SearchPlan(8, 12, step=0.05, steps=20, strategy="linear", clip=False)


def test_features_are_quantiles_of_distances_and_shares_of_adjacent_classes() -> None:
    plan = SearchPlan(2, 4, signs=1, step=0.1, steps=10)
    step = np.array([1, 2, 3, -1, -1, -1, -1, -1])
    adjacent = np.array([4, 4, 0, -1, -1, -1, -1, -1])
    realised = np.where(step < 0, np.inf, step * 0.1)
    features = boundary_features(Rays(step, adjacent, realised, np.array([1, 1]), plan), 5)
    assert features.shape == (2, 27)
    np.testing.assert_allclose(
        features[0, :21], np.quantile([0.1, 0.2, 0.3, 1.0], np.linspace(0, 1, 21)), atol=1e-6
    )
    np.testing.assert_allclose(features[0, 21:], [0.75, 2 / 3, 1 / 3, 0, 0, 0])
    np.testing.assert_allclose(features[1], [*[1.0] * 21, *[0.0] * 6])


def test_features_of_affine_models_are_those_of_exact_distances() -> None:
    model, weights = affine()
    x, _ = some_inputs(8)
    scores = model.predict(x)
    bias = model.predict(np.zeros((1, 1, 6, 6), dtype=np.float32))[0]
    directions = random_directions((1, 6, 6), 12, seed=0).reshape(12, -1)
    both = np.stack([directions, -directions], axis=1).reshape(24, -1)
    exact, _ = affine_distances(weights, bias, x.reshape(8, -1), scores.argmax(axis=1), both)
    features = features_of(model, x, PLAN, Pace(64))
    np.testing.assert_allclose(features[:, 21], (exact <= 1).mean(axis=1), atol=1 / 24)
    nearest = np.minimum(exact, 1).min(axis=1)
    assert (features[:, 0] >= nearest - 1e-6).all()
    assert (features[:, 0] <= nearest + PLAN.step + 1e-6).all()


def two_planes(count: int) -> tuple[object, np.ndarray, np.ndarray]:
    slope = np.zeros((36, 2))
    slope[:, 1] = 1.0
    model = affine_classifier(slope, np.array([0.0, -18.0]), (1, 6, 6))
    random = np.random.default_rng(0)
    far = random.normal(0.2, 0.01, (count, 1, 6, 6)).astype(np.float32)
    near = random.normal(0.49, 0.01, (count, 1, 6, 6)).astype(np.float32)
    return model, far, near


def test_examples_near_a_boundary_are_told_from_samples_far_from_it() -> None:
    model, far, near = two_planes(60)
    everything = np.ones(60, dtype=bool)
    alike = np.random.default_rng(5).normal(0.2, 0.01, (60, 1, 6, 6)).astype(np.float32)
    results = measure_detection(
        model,  # type: ignore[arg-type]
        far,
        {"near": (near, everything), "alike": (alike, np.arange(60) % 3 > 0)},
        PLAN,
    )
    assert [(one.trained_on, one.tested_on) for one in results] == [
        ("near", "near"),
        ("near", "alike"),
        ("alike", "near"),
        ("alike", "alike"),
    ]
    near_near, near_alike, _, alike_alike = results
    assert near_near.detected.value == 1
    assert near_near.false_alarms.value == 0
    assert near_near.auroc.value == 1
    assert near_alike.detected.value == 0
    assert near_alike.examples < near_near.examples == near_near.samples == 30
    assert alike_alike.auroc.value == pytest.approx(0.5, abs=0.25)
    assert results == measure_detection(
        model,  # type: ignore[arg-type]
        far,
        {"near": (near, everything), "alike": (alike, np.arange(60) % 3 > 0)},
        PLAN,
        pace=Pace(7, rays=7),
    )


def test_too_few_examples_are_refused() -> None:
    model, far, near = two_planes(30)
    found = np.arange(30) < 12
    with pytest.raises(UsageError, match="examples of some in one half of 30 samples"):
        measure_detection(model, far, {"some": (near, found)}, PLAN)  # type: ignore[arg-type]
