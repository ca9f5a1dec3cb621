"""Steps along the gradient: the closed form on affine models, and the loops that papers write."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.batched.steps import projected_gradient
from robaudit.attacks.chance import Chance
from robaudit.losses import cross_entropy_cotangent, one_hot
from robaudit.types import FloatArray
from tests.support.nearest_affine import SHAPE, WEIGHTS, nearest_distances, some_classes

BUDGET = {"linf": 0.06, "l2": 0.3}


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("restarts", [0, 3])
def test_those_fall_that_the_closed_form_says(norm: str, restarts: int) -> None:
    classifier, x, y = some_classes()
    budget, chance = BUDGET[norm], Chance(0, np.arange(len(x)))
    found = projected_gradient(
        *(classifier, x, y, chance),
        norm=norm,
        budget=budget,
        step=budget / 10,
        steps=40,
        restarts=restarts,
    )
    fell = classifier.predict(found.reshape(-1, *SHAPE)).argmax(axis=1) != y
    within = nearest_distances(x, y, norm) < budget
    assert 10 < within.sum() < 50
    assert not fell[~within].any()
    assert fell[within].mean() >= 0.85  # the cross-entropy leads to all classes at once
    assert GEOMETRIES[norm].length(found - x).max() <= budget + 1e-5
    assert 0 <= found.min() <= found.max() <= 1


def test_a_single_step_is_the_sign_of_the_gradient() -> None:
    classifier, x, y = some_classes()
    chance = Chance(0, np.arange(len(x)))
    found = projected_gradient(classifier, x, y, chance, norm="linf", budget=0.1, step=0.1, steps=1)
    scores = classifier.predict(x.reshape(-1, *SHAPE))
    slope = cross_entropy_cotangent(scores, one_hot(y, 4), "logits") @ WEIGHTS.T
    np.testing.assert_allclose(found, np.clip(x + 0.1 * np.sign(slope), 0, 1), atol=1e-6)


def test_momentum_adds_up_gradients_of_unit_length() -> None:
    """Dong et al. (2018), equations 6 and 7, written as they stand."""
    classifier, x, y = some_classes()
    found = projected_gradient(
        *(classifier, x, y, Chance(0, np.arange(len(x)))),
        norm="linf",
        budget=0.1,
        step=0.02,
        steps=6,
        decay=0.9,
        to_the_end=True,
    )
    point, sum_of_all = x.astype(np.float64), np.zeros(x.shape)
    for _ in range(6):
        scores = classifier.predict(point.reshape(-1, *SHAPE))
        slope = cross_entropy_cotangent(scores, one_hot(y, 4), "logits") @ WEIGHTS.T
        sum_of_all = 0.9 * sum_of_all + slope / np.abs(slope).sum(axis=1, keepdims=True)
        point = np.clip(np.clip(point + 0.02 * np.sign(sum_of_all), x - 0.1, x + 0.1), 0, 1)
    assert (np.abs(found - point) < 1e-5).mean() > 0.99  # but for slopes of all but 0


def test_a_sample_that_fell_is_not_asked_about_again_unless_it_goes_to_the_end() -> None:
    classifier, x, y = some_classes()

    def asked_by(attack: Callable[..., FloatArray]) -> list[int]:
        asked: list[int] = []

        def counted(points: FloatArray) -> FloatArray:
            asked.append(len(points))
            return classifier.predict(points)

        attack(replace(classifier, predict=counted), x, y, Chance(0, np.arange(len(x))))
        return asked

    attack = partial(projected_gradient, norm="linf", budget=0.06, step=0.01, steps=20)
    stopped, ended = asked_by(attack), asked_by(partial(attack, to_the_end=True))
    assert stopped == sorted(stopped, reverse=True)
    assert stopped[-1] < stopped[0] == len(x)
    assert ended == [len(x)] * 20
