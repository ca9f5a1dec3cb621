"""Orthogonal adversarial directions: their number on affine models is known."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.boundaries.subspace import adversarial_directions, aligned_directions
from robaudit.errors import UsageError
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, InputSpec
from tests.support.affine_models import affine, some_inputs

PIXELS = 36


@pytest.mark.parametrize("size", [1.0, 4.0])
def test_a_plane_at_a_distance_is_crossed_by_the_square_of_budget_over_distance(
    size: float,
) -> None:
    slope = np.random.default_rng(1).standard_normal(PIXELS)
    both = np.stack([np.zeros(PIXELS), slope], axis=1)
    model = affine_classifier(both, np.array([0.0, 0.0]), (1, 6, 6))
    model = replace(model, spec=replace(model.spec, low=0.0, high=size))
    steps = np.array([0.99, 0.51, 0.33, 0.2301, 0.11])
    x = (-steps[:, None] * size * slope / np.linalg.norm(slope)).reshape(5, 1, 6, 6)
    found = adversarial_directions(
        model, x.astype(np.float32), np.zeros(5, int), budget=1.0, most=30, clip=False
    )
    exact = np.minimum(np.floor(1 / steps**2), 30)
    assert found.linear.tolist() == exact.tolist() == [1, 3, 9, 18, 30]
    assert found.crossing.tolist() == exact.tolist()


@pytest.mark.parametrize("count", [1, 2, 7, PIXELS])
def test_aligned_directions_are_orthonormal_and_share_the_normal_alike(count: int) -> None:
    random = np.random.default_rng(count)
    basis = np.linalg.qr(random.standard_normal((PIXELS, count)))[0].T
    normal = random.standard_normal(PIXELS)
    normal /= np.linalg.norm(normal)
    turned = aligned_directions(basis, normal)
    np.testing.assert_allclose(turned @ turned.T, np.eye(count), atol=1e-12)
    np.testing.assert_allclose(turned @ normal, 1 / np.sqrt(count))
    np.testing.assert_allclose(aligned_directions(turned, normal), turned, atol=1e-6)


def test_of_several_classes_the_nearest_counts() -> None:
    model, weights = affine()
    x, _ = some_inputs(8)
    scores = model.predict(x)
    y = scores.argmax(axis=1)
    found = adversarial_directions(model, x, y, budget=0.5, most=36, clip=False)
    slopes = np.linalg.norm(weights[:, y].T[:, :, None] - weights, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        far = (scores[np.arange(8), y][:, None] - scores) / slopes
    nearest = np.nanmin(np.where(np.arange(5) == y[:, None], np.nan, far), axis=1)
    exact = np.minimum(np.floor((0.5 / nearest) ** 2), 36)
    assert found.linear.tolist() == exact.tolist()
    assert (found.crossing >= exact).all()  # a direction may meet another class first


def test_misclassified_samples_and_those_out_of_reach_are_told_apart() -> None:
    model, _ = affine()
    x, _ = some_inputs(4)
    y = model.predict(x).argmax(axis=1)
    wrong = adversarial_directions(model, x, (y + 1) % 5, budget=1, most=3)
    assert (wrong.crossing == -1).all()
    assert (wrong.linear == -1).all()
    near = adversarial_directions(model, x, y, budget=1e-6, most=3)
    assert (near.crossing == 0).all()
    constant = affine_classifier(np.zeros((PIXELS, 2)), np.array([1.0, 0.0]), (1, 6, 6))
    none = adversarial_directions(constant, x, np.zeros(4, int), budget=1)
    assert none.most == PIXELS
    assert (none.crossing == 0).all()


def test_what_cannot_be_counted_is_refused() -> None:
    model = Classifier("box", InputSpec((1, 6, 6), 5), affine()[0].predict)
    x, y = some_inputs(1)
    with pytest.raises(UsageError, match="box has no gradients"):
        adversarial_directions(model, x, y, budget=1)
    with pytest.raises(UsageError, match="100 directions"):
        adversarial_directions(affine()[0], x, y, budget=1, most=100)
    with pytest.raises(UsageError, match="budget = 0"):
        adversarial_directions(affine()[0], x, y, budget=0)


def test_curved_boundaries_are_counted_as_they_are() -> None:
    """Inside a ball every direction crosses at its radius, however few a flat boundary would let.

    The scores are of the distance from the middle: the gradient sees the near side alone.
    """
    radius = 0.5

    def away(x: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.norm(x.reshape(len(x), -1), axis=1) - radius)

    def predict(x: FloatArray) -> FloatArray:
        return np.stack([np.zeros(len(x)), away(x)], axis=1)

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        flat = x.reshape(len(x), -1)
        unit = flat / np.linalg.norm(flat, axis=1, keepdims=True)
        return np.asarray(cotangent[:, 1:] * unit).reshape(x.shape)

    ball = replace(affine()[0], predict=predict, vjp=vjp, spec=InputSpec((1, 6, 6), 2))
    x = np.zeros((1, 1, 6, 6), dtype=np.float32)
    x[0, 0, 0, 0] = 0.01
    found = adversarial_directions(ball, x, np.array([0]), budget=0.7, most=36, clip=False)
    assert (found.linear[0], found.crossing[0]) == (2, 36)  # (0.7 / 0.49)^2
    near = adversarial_directions(ball, x, np.array([0]), budget=0.485, most=36, clip=False)
    assert (near.linear[0], near.crossing[0]) == (0, 0)
