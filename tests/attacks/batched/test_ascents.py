"""APGD and its losses: the closed form on affine models, slopes against differences."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.batched.apgd import random_start
from robaudit.attacks.batched.ascents import apgd_on_cross_entropy, apgd_targeted, targeted_dlr
from robaudit.attacks.chance import Chance
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray
from tests.support.nearest_affine import BIAS, SHAPE, WEIGHTS, nearest_distances, some_classes


@pytest.mark.parametrize("name", ["cross-entropy", "targeted"])
@pytest.mark.parametrize("epsilon", [0.03, 0.06, 0.1])
def test_those_fall_that_the_closed_form_says(name: str, epsilon: float) -> None:
    classifier, x, y = some_classes()
    chance = Chance(0, np.arange(len(x)))
    if name == "targeted":
        found = apgd_targeted(classifier, x, y, chance, epsilon=epsilon, steps=20, targets=9)
    else:
        found = apgd_on_cross_entropy(
            classifier, x, y, chance, epsilon=epsilon, steps=50, restarts=1
        )
    fell = classifier.predict(found.reshape(-1, *SHAPE)).argmax(axis=1) != y
    within = nearest_distances(x, y, "linf") < epsilon
    np.testing.assert_array_equal(fell[~within], False)
    assert fell[within].mean() >= (1.0 if name == "targeted" else 0.85)
    assert np.abs(found - x).max() <= epsilon + 1e-6
    assert 0 <= found.min() <= found.max() <= 1
    np.testing.assert_array_equal(found[~fell], x[~fell])


@pytest.mark.parametrize("classes", [2, 3, 4, 7])
def test_the_slopes_of_the_targeted_loss_are_those_of_differences(classes: int) -> None:
    random = np.random.default_rng(classes)
    scores = random.normal(0, 3, (20, classes))
    y = random.integers(classes, size=20)
    loss, places = targeted_dlr(y, (y + 1) % classes), np.arange(20)
    value, slopes = loss(scores, places)
    for column in range(classes):
        nudge = 1e-6 * (np.arange(classes) == column)
        risen = (loss(scores + nudge, places)[0] - loss(scores - nudge, places)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, column], risen, rtol=1e-4, atol=1e-6)
    if classes > 2:
        np.testing.assert_allclose(loss(7 * scores + 1, places)[0], value)
    np.testing.assert_allclose(loss(scores[::-1], places[::-1])[0], value[::-1])


@pytest.mark.parametrize("classes", [2, 3])
def test_few_classes_are_enough(classes: int) -> None:
    classifier = affine_classifier(WEIGHTS[:, :classes], BIAS[:classes], SHAPE)
    _, x, _ = some_classes()
    y = classifier.predict(x.reshape(-1, *SHAPE)).argmax(axis=1)
    chance = Chance(0, np.arange(len(x)))
    found = apgd_targeted(classifier, x, y, chance, epsilon=0.5, steps=10, targets=9)
    assert (classifier.predict(found.reshape(-1, *SHAPE)).argmax(axis=1) != y).all()


def test_a_sample_that_fell_is_not_asked_about_again() -> None:
    classifier, x, y = some_classes()
    asked: list[int] = []

    def counted(points: FloatArray) -> FloatArray:
        asked.append(len(points))
        return classifier.predict(points)

    chance = Chance(0, np.arange(len(x)))
    told = replace(classifier, predict=counted)
    apgd_targeted(told, x, y, chance, epsilon=0.05, steps=20, targets=9)
    assert asked[-1] < asked[0] == len(x)
    held = (nearest_distances(x, y, "linf") > 0.05).sum()
    assert asked[-1] <= held + 2


def test_starts_lie_at_the_budget() -> None:
    x = np.full((9, 5), 0.5, dtype=np.float32)
    start = random_start(x, 0.1, Chance(0, np.arange(9)))
    np.testing.assert_allclose(np.abs(start - x).max(axis=1), 0.1, rtol=1e-5)
